//! Helpers for lists and sentences.

/// `a`, `a and b`, `a, b and c`.
pub fn join<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [firsts @ .., last] => {
            let firsts: Vec<&str> = firsts.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", firsts.join(", "), last.as_ref())
        }
    }
}

/// `neither a nor b`, `neither a, b nor c`.
pub fn neither<S: AsRef<str>>(names: &[S]) -> String {
    let list = join(names);
    let either = list.rsplit_once(" and ").map(|(firsts, last)| format!("neither {firsts} nor {last}"));
    either.unwrap_or_else(|| format!("not {list}"))
}

/// The text with its first letter capitalized.
pub fn capitalized(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_list_follows_an_and() {
        let names = ["a", "b", "c"];
        assert_eq!([0, 1, 2, 3].map(|many| join(&names[..many])), ["", "a", "a and b", "a, b and c"]);
        assert_eq!([2, 3].map(|many| neither(&names[..many])), ["neither a nor b", "neither a, b nor c"]);
    }

    #[test]
    fn a_sentence_begins_with_a_capital() {
        assert_eq!(["", "a b", "SMS", "é"].map(capitalized), ["", "A b", "SMS", "É"]);
    }
}
