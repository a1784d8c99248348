//! Lists in words.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_list_follows_an_and() {
        let names = ["a", "b", "c"];
        assert_eq!([0, 1, 2, 3].map(|many| join(&names[..many])), ["", "a", "a and b", "a, b and c"]);
    }
}
