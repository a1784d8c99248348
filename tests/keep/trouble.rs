//! Stores that break.
