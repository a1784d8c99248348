//! Throws bytes at `checks::incident`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wardbell_fuzz::incident::check(bytes));
