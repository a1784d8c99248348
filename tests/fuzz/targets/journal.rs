//! Throws bytes at `checks::journal`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wardbell_fuzz::journal::check(bytes));
