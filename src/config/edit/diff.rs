//! An edit as a unified diff for `patch`.

use std::fmt::Write;

/// Unchanged lines around each change.
const CONTEXT: usize = 3;

/// If more lines than this differ on either side, they are all shown as replaced: comparing each pair would take too
/// long.
const COMPARED_MAX: usize = 3_000;

/// The diff between two texts of the file at `path`; empty if they are equal.
pub fn unified(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let (old, new) = (lines(old), lines(new));
    let steps = steps(&old, &new);
    let mut diff = format!("--- a/{path}\n+++ b/{path}\n");
    for hunk in hunks(&steps) {
        let (mut from, mut to) = (Vec::new(), Vec::new());
        let mut body = String::new();
        for step in &steps[hunk] {
            let (sign, line) = match *step {
                Step::Keep(one, other) => {
                    from.push(one);
                    to.push(other);
                    (' ', old[one])
                }
                Step::Remove(one) => {
                    from.push(one);
                    ('-', old[one])
                }
                Step::Add(other) => {
                    to.push(other);
                    ('+', new[other])
                }
            };
            let end = if line.ends_with('\n') { "" } else { "\n\\ No newline at end of file\n" };
            body.extend([sign.to_string().as_str(), line, end]);
        }
        // Writing to a string cannot fail.
        let _written = write!(diff, "@@ -{} +{} @@\n{body}", extent(&from), extent(&to));
    }
    diff
}

/// Lines by index, counted from 0 in the old and in the new text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Keep(usize, usize),
    Remove(usize),
    Add(usize),
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// `12,7`, counted from 1.
fn extent(lines: &[usize]) -> String {
    format!("{},{}", lines.first().map_or(0, |first| first + 1), lines.len())
}

fn steps(old: &[&str], new: &[&str]) -> Vec<Step> {
    let head = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(one, other)| one == other).count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let mut steps: Vec<_> = (0..head).map(|line| Step::Keep(line, line)).collect();
    let inner = between(&old[head..old_end], &new[head..new_end]);
    steps.extend(inner.into_iter().map(|step| match step {
        Step::Keep(one, other) => Step::Keep(one + head, other + head),
        Step::Remove(one) => Step::Remove(one + head),
        Step::Add(other) => Step::Add(other + head),
    }));
    steps.extend((0..tail).map(|line| Step::Keep(old_end + line, new_end + line)));
    steps
}

/// The steps that keep the most lines: the longest common subsequence.
fn between(old: &[&str], new: &[&str]) -> Vec<Step> {
    if old.len().max(new.len()) > COMPARED_MAX {
        let removed = (0..old.len()).map(Step::Remove);
        return removed.chain((0..new.len()).map(Step::Add)).collect();
    }
    let width = new.len() + 1;
    let mut longest = vec![0_u16; (old.len() + 1) * width];
    for one in (0..old.len()).rev() {
        for other in (0..new.len()).rev() {
            longest[one * width + other] = if old[one] == new[other] {
                longest[(one + 1) * width + other + 1] + 1
            } else {
                longest[(one + 1) * width + other].max(longest[one * width + other + 1])
            };
        }
    }
    let (mut one, mut other, mut steps) = (0, 0, Vec::new());
    while one < old.len() || other < new.len() {
        if one < old.len() && other < new.len() && old[one] == new[other] {
            steps.push(Step::Keep(one, other));
            (one, other) = (one + 1, other + 1);
        } else if other == new.len()
            || (one < old.len() && longest[(one + 1) * width + other] >= longest[one * width + other + 1])
        {
            steps.push(Step::Remove(one));
            one += 1;
        } else {
            steps.push(Step::Add(other));
            other += 1;
        }
    }
    steps
}

/// The changes with their context; changes whose contexts touch are merged.
fn hunks(steps: &[Step]) -> Vec<std::ops::Range<usize>> {
    let mut hunks: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, _) in steps.iter().enumerate().filter(|(_, step)| !matches!(step, Step::Keep(..))) {
        let around = index.saturating_sub(CONTEXT)..(index + 1 + CONTEXT).min(steps.len());
        match hunks.last_mut().filter(|last| around.start <= last.end) {
            Some(last) => last.end = around.end,
            None => hunks.push(around),
        }
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_with_what_stands_around_them() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\n";
        let new = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn";
        insta::assert_snapshot!(unified("rosters/x.toml", old, new), @r"
        --- a/rosters/x.toml
        +++ b/rosters/x.toml
        @@ -1,5 +1,5 @@
         a
        -b
        +B
         c
         d
         e
        @@ -11,3 +11,4 @@
         k
         l
         m
        +n
        \ No newline at end of file
        ");
        assert_eq!(unified("x", old, old), "");
        assert_eq!(unified("x", "", "a\n"), "--- a/x\n+++ b/x\n@@ -0,0 +1,1 @@\n+a\n");
    }
}
