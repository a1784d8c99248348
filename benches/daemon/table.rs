//! The table that is printed, row by row as figures come.

use std::io::{Write, stdout};

/// What a figure should be.
#[derive(Clone, Copy)]
pub enum Target {
    /// It is there to compare with.
    None,
    /// Not less.
    AtLeast(f64),
    /// Not more.
    AtMost(f64),
}

/// Counts what was met.
#[derive(Default)]
pub struct Table {
    met: u32,
    missed: u32,
}

impl Table {
    /// Prints one row; the first comes with the head.
    pub fn row(&mut self, what: &str, figure: f64, unit: &str, target: Target, note: &str) {
        if self.met + self.missed == 0 && self.is_first(what) {
            println!("{:<46} {:>16} {:>16}  ", "", "target", "figure");
        }
        let (target, met) = match target {
            Target::None => (String::new(), None),
            Target::AtLeast(least) => (format!(">= {} {unit}", number(least)), Some(figure >= least)),
            Target::AtMost(most) => (format!("<= {} {unit}", number(most)), Some(figure <= most)),
        };
        match met {
            Some(true) => self.met += 1,
            Some(false) => self.missed += 1,
            None => {}
        }
        let verdict = if met == Some(false) { "MISSED " } else { "" };
        let figure = format!("{} {unit}", number(figure));
        println!("{what:<46} {target:>16} {figure:>16}  {verdict}{note}");
        // Where standard output is gone, nobody reads the figures.
        let _gone = stdout().flush();
    }

    /// Prints how many targets were met.
    pub fn end(&self) {
        println!("\n{} of {} targets met", self.met, self.met + self.missed);
    }

    fn is_first(&self, what: &str) -> bool {
        what.ends_with(", 1 an fdatasync")
    }
}

fn number(number: f64) -> String {
    if number == 0.0 || number >= 100.0 { format!("{number:.0}") } else { format!("{number:.2}") }
}
