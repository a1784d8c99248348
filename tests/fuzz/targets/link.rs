//! Throws bytes at `checks::link`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wardbell_fuzz::link::check(bytes));
