//! Throws bytes at `checks::config`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wardbell_fuzz::config::check(bytes));
