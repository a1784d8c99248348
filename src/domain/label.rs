//! How labels, classes, flags, names and addresses are compared: other systems write them in mixed case and with extra
//! spaces.

use std::borrow::Cow;

/// The form used to compare labels: lower case, without surrounding spaces.
pub fn folded(label: &str) -> Cow<'_, str> {
    lower(label.trim())
}

/// The form used to compare ids, names and addresses.
pub fn lower(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
}

/// Whether two labels are equal.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || folded(one) == folded(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_surrounding_space_make_no_other_label() {
        for (one, other, same) in [
            ("phi-by-staff", "phi-by-staff", true),
            (" PHI-by-Staff\t", "phi-by-staff", true),
            ("Übergriff", "übergriff", true),
            ("phi by staff", "phi-by-staff", false),
            ("phi  by", "phi by", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
        }
    }
}
