//! GitHub workflow commands that show diagnostics on a pull request, one per line.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Severity};

/// The folder of the configuration, relative to the working directory if it is inside.
pub fn folder_of(config: &Path, working_directory: Option<&Path>) -> PathBuf {
    let folder = config.parent().unwrap_or(Path::new(""));
    let below = working_directory.and_then(|working_directory| folder.strip_prefix(working_directory).ok());
    below.or_else(|| folder.strip_prefix(".").ok()).unwrap_or(folder).to_owned()
}

/// `::error file=rosters/privacy.toml,line=3,col=5,title=unknown-liaison::…`
pub fn annotate(diagnostic: &Diagnostic, folder: &Path, out: &mut dyn Write) -> io::Result<()> {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let file = folder.join(&*diagnostic.file);
    let hint = diagnostic.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    writeln!(
        out,
        "::{level} file={},line={},col={},title={}::{}",
        property(&file.to_string_lossy()),
        diagnostic.line,
        diagnostic.column,
        property(diagnostic.code.word()),
        data(&format!("{}{hint}", diagnostic.message))
    )
}

/// Escapes the message after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property, which `:` and `,` would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Source, Spot};

    #[test]
    fn nothing_in_a_finding_breaks_out_of_its_line() {
        let source = Source::new("rosters/a,b:c.toml", "x = 1\n".to_owned());
        let diagnostic =
            Diagnostic::error(Code::BadValue, &Spot::new(&source, 4..5), "100% of `x`\r\n::error::no").hint("a, b");
        let mut out = Vec::new();
        annotate(&diagnostic, Path::new("deploy"), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "::error file=deploy/rosters/a%2Cb%3Ac.toml,line=1,col=5,title=bad-value::\
             100%25 of `x`\\u{d}\\u{a}::error::no%0Ahint: a, b\n"
        );
    }

    #[test]
    fn files_are_named_from_where_the_workflow_runs() {
        let folder = |config: &str, at: &str| folder_of(Path::new(config), Some(Path::new(at))).display().to_string();
        assert_eq!(folder("/repo/deploy/wardbell.toml", "/repo"), "deploy");
        assert_eq!(folder("/repo/wardbell.toml", "/repo"), "");
        assert_eq!(folder("./deploy/wardbell.toml", "/repo"), "deploy");
        assert_eq!(folder("wardbell.toml", "/repo"), "");
        assert_eq!(folder("/etc/wardbell/wardbell.toml", "/repo"), "/etc/wardbell");
    }
}
