//! Throws bytes at `checks::playbook`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wardbell_fuzz::playbook::check(bytes));
