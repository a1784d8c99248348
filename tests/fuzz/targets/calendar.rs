//! Throws bytes at `checks::calendar`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wardbell_fuzz::calendar::check(bytes));
