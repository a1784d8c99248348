//! A number and its noun, in words.

/// `1 record`, `2 records`. The noun must form its plural with `s`.
pub fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(|number| count(number, "data key")), ["0 data keys", "1 data key", "2 data keys"]);
    }
}
