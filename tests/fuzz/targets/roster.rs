//! Throws bytes at `checks::roster`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wardbell_fuzz::roster::check(bytes));
