//! Mistakes in `wardbell.toml`.

use wardbell::domain::id::DepartmentId;
use wardbell::domain::permission::Permission;
use wardbell::domain::wait::Wait;

use crate::{after, good, load, said};

const MAIN: &str = "wardbell.toml";

#[test]
fn two_labels_that_differ_by_case_alone_are_one() {
    let label = "\"Patient Privacy - Employee\" = \"phi-by-staff\"";
    let twice = |class: &str| format!("{label}\n\"patient privacy - EMPLOYEE\" = \"{class}\"");
    let said = after(&[(MAIN, label, &twice("unclassified"))]);
    assert!(said.starts_with("error[duplicate-id]:") && said.contains("are the same label"), "{said}");
    assert!(!after(&[(MAIN, label, &twice("phi-by-staff"))]).contains("duplicate-id"));
}

#[test]
fn addresses_that_cannot_be() {
    for url in [
        "pages.mercy.example",
        "ftp://x.example",
        "https://",
        "https://x.example/?a=b",
        "https://u:p@x.example",
        "https://x.example/#a",
    ] {
        let said = after(&[(MAIN, "https://pages.mercy.example/ward/", url)]);
        assert!(said.starts_with("error[bad-value]: `public_url` must"), "{url}: {said}");
    }
    insta::assert_snapshot!(after(&[
        (MAIN, "127.0.0.1:8080", "localhost:8080"),
        (MAIN, "https://pages.mercy.example/ward/", "pages.mercy.example"),
        (MAIN, "\"MERCY\"", "\"MERCY GENERAL HOSPITAL\""),
        (MAIN, "from = \"Wardbell <pages@mercy.example>\"", "from = \"Wardbell\""),
        (MAIN, "from = \"+13125550100\"", "from = \"555-0100\""),
        (MAIN, "tls = \"none\"", "tls = \"tls\""),
        (MAIN, "host = \"smtp.mercy.example\"", "host = \"smtp mercy\"\ntimeout = \"1h\"\nusername = \"wardbell\""),
    ]), @r#"
    error[bad-value]: `listen` must be an address and a port, such as `127.0.0.1:8080`
     --> wardbell.toml:2:10
      |
    2 | listen = "localhost:8080"
      |          ^^^^^^^^^^^^^^^^

    error[bad-value]: `public_url` must be a web address such as `https://pages.mercy.example`
     --> wardbell.toml:3:14
      |
    3 | public_url = "pages.mercy.example"
      |              ^^^^^^^^^^^^^^^^^^^^^

    error[bad-value]: `hospital` is not valid: the hospital's short name must be 1 to 12 characters from the GSM-7 alphabet
     --> wardbell.toml:4:12
      |
    4 | hospital = "MERCY GENERAL HOSPITAL"
      |            ^^^^^^^^^^^^^^^^^^^^^^^^

    error[bad-value]: `host` must not contain spaces or slashes
      --> wardbell.toml:10:8
       |
    10 | host = "smtp mercy"
       |        ^^^^^^^^^^^^
       |
       = hint: write `host = "smtp-mercy"`

    error[bad-value]: `timeout` must be more than zero and at most 5m
      --> wardbell.toml:11:11
       |
    11 | timeout = "1h"
       |           ^^^^

    error[missing-key]: `username` needs a `password_file`
      --> wardbell.toml:12:12
       |
    12 | username = "wardbell"
       |            ^^^^^^^^^^

    error[bad-value]: `tls` must be one of `none`, `starttls`, `implicit`
      --> wardbell.toml:14:7
       |
    14 | tls = "tls"
       |       ^^^^^

    error[bad-value]: `from` must be a mailbox such as `Wardbell <pages@mercy.example>`
      --> wardbell.toml:15:8
       |
    15 | from = "Wardbell"
       |        ^^^^^^^^^^

    error[bad-phone-number]: `from` must be a number such as `+13125550100`
      --> wardbell.toml:20:8
       |
    20 | from = "555-0100"
       |        ^^^^^^^^^^
    "#);
}

#[test]
fn callers_of_one_name_and_one_token() {
    insta::assert_snapshot!(after(&[
        (MAIN, "[[operator]]", "[[source]]\nname = \"listening-desk\"\ntoken_file = \"secrets/desk\"\n[[operator]]"),
        (MAIN, "may = [\"read\", \"act\"]", "may = [\"read\", \"write\"]"),
    ]), @r#"
    error[duplicate-id]: another source already has the name `listening-desk`
      --> wardbell.toml:27:8
       |
    27 | name = "listening-desk"
       |        ^^^^^^^^^^^^^^^^

    error[shared-token]: another caller uses the same token
      --> wardbell.toml:28:14
       |
    28 | token_file = "secrets/desk"
       |              ^^^^^^^^^^^^^^
       |
       = hint: create a new token, so that the record can tell the two callers apart

    error[bad-value]: each entry of `may` must be one of `read`, `act`, `open`, `audit`, `admin`
      --> wardbell.toml:32:16
       |
    32 | may = ["read", "write"]
       |                ^^^^^^^
    "#);
}

#[test]
fn secrets_that_are_none() {
    let mut files = good();
    files.remove("secrets/twilio");
    files.insert("secrets/desk", "too-short\n");
    files.insert("secrets/operator", " \n");
    let said = said(&files);
    assert!(!said.contains("too-short"));
    insta::assert_snapshot!(said, @r#"
    error[missing-secret]: no secret for `auth_token_file`: no file `secrets/twilio`
      --> wardbell.toml:17:19
       |
    17 | auth_token_file = "secrets/twilio"
       |                   ^^^^^^^^^^^^^^^^
       |
       = hint: looked for `secrets/twilio`

    error[missing-secret]: no secret for `token_file`: the file `secrets/desk` has fewer than 16 characters
      --> wardbell.toml:22:14
       |
    22 | token_file = "secrets/desk"
       |              ^^^^^^^^^^^^^^
       |
       = hint: create one with `openssl rand -hex 32`

    error[missing-secret]: no secret for `token_file`: the file `secrets/operator` is empty
      --> wardbell.toml:28:14
       |
    28 | token_file = "secrets/operator"
       |              ^^^^^^^^^^^^^^^^^^
       |
       = hint: put the secret alone on one line
    "#);
}

#[test]
fn nobody_can_be_paged() {
    let channels = std::str::from_utf8(good().get(MAIN).unwrap()).unwrap().to_owned();
    let (start, end) = (channels.find("[channel.email]").unwrap(), channels.find("[[source]]").unwrap());
    insta::assert_snapshot!(after(&[(MAIN, &channels[start..end], "")]), @r"
    warning[no-channel]: neither `[channel.email]` nor `[channel.sms]` is configured, so no one can be paged
     --> wardbell.toml:1:1
      |
    1 | [server]
      | ^
    ");
}

#[test]
fn logs_and_stores_of_an_unknown_kind() {
    insta::assert_snapshot!(after(&[
        (MAIN, "[fallback]", "[log]\nformat = \"xml\"\nlevel = \"inof\"\n[store]\nkind = \"postgres\"\n[fallback]"),
    ]), @r#"
    error[bad-value]: `format` must be one of `text`, `json`, `journald`
     --> wardbell.toml:7:10
      |
    7 | format = "xml"
      |          ^^^^^

    error[bad-value]: `level` must be one of `off`, `error`, `warn`, `info`, `debug`, `trace`
     --> wardbell.toml:8:9
      |
    8 | level = "inof"
      |         ^^^^^^
      |
      = hint: write `level = "info"`

    error[bad-value]: `kind` must be `embedded`
      --> wardbell.toml:10:8
       |
    10 | kind = "postgres"
       |        ^^^^^^^^^^
    "#);
    assert_eq!(after(&[(MAIN, "[fallback]", "[log]\nlevel = \"info,wardbell=debug\"\n[fallback]")]), "");
}

#[test]
fn keys_of_calendars_that_are_none() {
    let with_key = |table: &str, key: &str| {
        let mut files = good();
        let main = std::str::from_utf8(files.get(MAIN).unwrap()).unwrap().to_owned();
        files.insert(MAIN, format!("{main}\n{table}"));
        files.insert("secrets/calendar-key", key);
        said(&files)
    };
    let table = "[calendar]\nkey_file = \"secrets/calendar-key\"\n";
    for key in [&"0a".repeat(32), "q83vEjRWeJASNFZ4kBI0VniQEjRWeJASNFZ4kBI0Vng"] {
        assert_eq!(with_key(table, key), "");
    }
    let short = "0a".repeat(16);
    let said = with_key(table, &short);
    assert!(!said.contains(&short));
    insta::assert_snapshot!(said, @r#"
    error[missing-secret]: no secret for `key_file`: the file `secrets/calendar-key` has fewer than 43 characters, the length of 32 random bytes
      --> wardbell.toml:32:12
       |
    32 | key_file = "secrets/calendar-key"
       |            ^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: create one with `openssl rand -hex 32`
    "#);
    insta::assert_snapshot!(with_key("[calendar]\nkey = \"0a0a\"\n", ""), @r#"
    error[unknown-key]: `[calendar]` has no key `key`
      --> wardbell.toml:32:1
       |
    32 | key = "0a0a"
       | ^^^
       |
       = hint: keep the secret in its own file, and set `key_file` to the file's name
    "#);
}

#[test]
fn a_class_that_no_playbook_answers() {
    insta::assert_snapshot!(after(&[("wardbell.toml", "= \"phi-by-staff\"", "= \"phi-by-stuff\"")]), @r#"
    warning[unknown-class]: no playbook for the class `phi-by-stuff`; `unclassified` will be used
      --> wardbell.toml:24:32
       |
    24 | "Patient Privacy - Employee" = "phi-by-stuff"
       |                                ^^^^^^^^^^^^^^
       |
       = hint: write `"Patient Privacy - Employee" = "phi-by-staff"`
    "#);
}

#[test]
fn a_password_in_an_address_is_not_shown() {
    let said = after(&[(MAIN, "https://pages.mercy.example", "https://user:SECRET123@pages.mercy.example")]);
    assert!(!said.contains("SECRET123"), "{said}");
    insta::assert_snapshot!(said, @"
    error[bad-value]: `public_url` must not contain a user or a password; secrets belong in separate files
    --> wardbell.toml:3:14
    ");
}

#[test]
fn master_keys_that_are_none() {
    const TABLE: &str = "[encryption]\nmaster_key_file = \"secrets/master\"\n";
    const KEY: &str = "q83vEjRWeJASNFZ4kBI0VniQEjRWeJASNFZ4kBI0Vng";
    const OTHER: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let with_key = |table: &str, key: &str| {
        let mut files = good();
        let main = std::str::from_utf8(files.get(MAIN).unwrap()).unwrap().to_owned();
        files.insert(MAIN, format!("{main}\n{table}"));
        files.insert("secrets/master", key);
        said(&files)
    };
    for right in [OTHER, &format!("# today\n{OTHER}\n\n# last year\n0{}\n", &OTHER[1..].replace("1f", "ff"))] {
        assert_eq!(with_key(TABLE, right), "");
    }
    for (keys, message) in [
        ("", "contains no key"),
        ("# one\ncorrect-horse", "is invalid in line 2: expected 32 bytes in base64 or 64 hexadecimal digits"),
        (&KEY[..42], "is invalid in line 1: expected 32 bytes in base64 or 64 hexadecimal digits"),
        (&"0a".repeat(32), "has a key in line 1 that is not random"),
        (&format!("{OTHER}\n{OTHER}"), "has the same key in lines 1 and 2"),
    ] {
        let said = with_key(TABLE, keys);
        let error = "error[no-master-key]: no master key for `master_key_file`: the file `secrets/master` ";
        assert!(said.starts_with(&format!("{error}{message}")), "{keys}: {said}");
        assert!(!said.contains("horse") && !said.contains(&OTHER[..20]), "{said}");
    }
    insta::assert_snapshot!(with_key(TABLE, "short"), @r#"
    error[no-master-key]: no master key for `master_key_file`: the file `secrets/master` is invalid in line 1: expected 32 bytes in base64 or 64 hexadecimal digits; without it the daemon pages, but cannot read encrypted data, and loses new encrypted data when it stops
      --> wardbell.toml:32:19
       |
    32 | master_key_file = "secrets/master"
       |                   ^^^^^^^^^^^^^^^^
       |
       = hint: put one key on each line, as `wardbell keys new` prints it; `#` starts a comment
    "#);
    let lost = with_key(TABLE, "missing\n");
    assert!(lost.contains("then run `wardbell reload`. Do not restart") && !lost.contains("systemctl"), "{lost}");
    let inline = with_key(&TABLE.replace("secrets/master", OTHER), "");
    assert!(inline.starts_with("error[no-master-key]") && inline.contains("looks like the key itself"), "{inline}");
    assert!(!inline.contains(&OTHER[..20]), "{inline}");
    insta::assert_snapshot!(with_key("[encryption]\nmaster_key_file = \"nowhere\"\nkey = 1\n", ""), @r#"
    warning[unread-secret]: no master key for `master_key_file`: no file `nowhere`; without it the daemon pages, but cannot read encrypted data, and loses new encrypted data when it stops
      --> wardbell.toml:32:19
       |
    32 | master_key_file = "nowhere"
       |                   ^^^^^^^^^
       |
       = hint: looked only for `nowhere`, because `$CREDENTIALS_DIRECTORY`, the folder of systemd credentials, is not set

    error[unknown-key]: `[encryption]` has no key `key`
      --> wardbell.toml:33:1
       |
    33 | key = 1
       | ^^^
       |
       = hint: write `keys = 1`
    "#);
}

#[test]
fn keys_without_encryption() {
    let mut files = good();
    files.insert("/var/lib/wardbell/keys/data-keys", "");
    insta::assert_snapshot!(said(&files), @r"
    warning[encryption-off]: `/var/lib/wardbell/keys/data-keys` contains data keys, but there is no `[encryption]`: new data is not encrypted, and encrypted data cannot be read
     --> wardbell.toml:1:1
      |
    1 | [server]
      | ^
      |
      = hint: restore `[encryption]` with its `master_key_file`, or move the keys away if they are no longer needed
    ");
}

#[test]
fn a_secret_in_the_place_of_its_files_name_is_not_told() {
    for secret in ["0a1b2c3d4e5f60718293a4b5c6d7e8f9", "S3cret!", &"eyJhbGciOiJIUzI1NiJ9".repeat(11)] {
        let said = after(&[("wardbell.toml", "\"secrets/twilio\"", &format!("\"{secret}\""))]);
        assert!(said.contains("auth_token_file = …") && !said.contains(&secret[..7]), "{said}");
    }
    let changes = [("wardbell.toml", "\"secrets/twilio\"", "\"0a1b2c3d4e5f60718293a4b5c6d7e8f9\"")];
    insta::assert_snapshot!(after(&changes), @"
    error[missing-secret]: `auth_token_file` looks like the secret itself, not a file name
      --> wardbell.toml:17:19
       |
    17 | auth_token_file = …
       |                   ^
       |
       = hint: save a new secret to a file and set its name here; everyone who can read this file has seen the old one
    ");
}

/// The good files, of which some may not be read.
struct Denied<'a>(&'a wardbell::config::files::Memory, &'a [&'a str]);

impl wardbell::config::files::Files for Denied<'_> {
    fn list_ending(&self, folder: &str, ending: &str) -> std::io::Result<Vec<String>> {
        self.0.list_ending(folder, ending)
    }

    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        if self.1.contains(&path) { Err(std::io::ErrorKind::PermissionDenied.into()) } else { self.0.read(path) }
    }

    fn resolve(&self, path: &str) -> std::path::PathBuf {
        self.0.resolve(path)
    }
}

#[test]
fn a_secret_that_may_not_be_read_is_told_from_one_that_is_not_there() {
    use std::sync::Arc;
    use wardbell::config::settings::LogFormat;

    use wardbell::config::loaded::Circumstances;
    use wardbell::config::loader::load_from;
    use wardbell::diagnostic::Code;
    use wardbell::domain::zone::rules::Rules;

    let (mut files, today) = (good(), "2026-10-18".parse().unwrap());
    files.remove("secrets/operator");
    let files = Denied(&files, &["secrets/twilio", "secrets/desk"]);
    let loaded = load_from(
        &files,
        "wardbell.toml",
        Circumstances { today, log_by_default: LogFormat::Text, rules: Arc::clone(Rules::built_in()) },
    );
    let codes: Vec<Code> = loaded.diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::UnreadSecret, Code::UnreadSecret, Code::MissingSecret]);
    // The daemon cannot start without them; planning can.
    assert!(loaded.errors() == 3 && loaded.config.is_none() && loaded.plan().is_some());
}

#[test]
fn a_record_that_is_kept_too_short_is_warned_of_and_what_is_no_span_refused() {
    let with =
        |keep_for: &str| after(&[(MAIN, "[fallback]", &format!("[retention]\nkeep_for = {keep_for}\n[fallback]"))]);
    assert_eq!(with("\"2192d\""), with("\"36525d\""));
    for span in ["\"29d\"", "\"6y\"", "\"36526d\"", "2192", "\"\""] {
        assert!(with(span).starts_with("error[bad-value]: `keep_for` must be "), "{span}: {}", with(span));
    }
    insta::assert_snapshot!(with("\"365d\""), @r#"
    warning[short-retention]: the record is kept for `365d`, which is less than six years
     --> wardbell.toml:7:12
      |
    7 | keep_for = "365d"
      |            ^^^^^^
      |
      = hint: 45 CFR 164.316 requires six years; use `2192d` or more, unless your compliance office approved less
    "#);
    insta::assert_snapshot!(with("\"1d\""), @r#"
    error[bad-value]: `keep_for` must be a whole number of days, such as `2192d`, from `30d` to `36525d`
     --> wardbell.toml:7:12
      |
    7 | keep_for = "1d"
      |            ^^^^
    "#);
}

#[test]
fn groups_and_sign_in_are_read_as_they_are_written() {
    let mut files = good();
    let main = include_str!("files/wardbell.toml")
        .replace("hospital = \"MERCY\"", "hospital = \"MERCY\"\ntrusted_proxies = [\"10.0.0.0/24\"]");
    let more = "[sign_in]\nby = [\"code\"]\nidle = \"5m\"\nlongest = \"8h\"\n\
                [[group]]\nname = \"compliance\"\nmay = [\"audit\", \"see\"]\nclaim = \"wardbell-compliance\"\n\
                people = [\"s.ng@mercy.example\", \"+13125550188\"]\ndepartments = [\"privacy\"]\n";
    files.insert(MAIN, format!("{main}\n{more}"));
    assert_eq!(said(&files), "");
    let access = load(&files).config.unwrap().plan.access;
    assert_eq!((access.sign_in.idle, access.sign_in.longest), (Wait::minutes(5), Wait::minutes(480)));
    assert!(access.trusted_proxies.contain("10.0.0.77".parse().unwrap()));
    let [members] = &access.members[..] else { panic!("{access:?}") };
    let group = &members.group;
    assert_eq!((group.name.as_str(), group.claim.as_deref()), ("compliance", Some("wardbell-compliance")));
    assert_eq!(group.may.iter().copied().collect::<Vec<_>>(), [Permission::See, Permission::Audit]);
    let departments: Vec<&str> = group.departments.iter().flatten().map(DepartmentId::as_str).collect();
    let addresses: Vec<&str> = members.addresses.iter().map(|one| one.address.as_str()).collect();
    assert_eq!((departments, addresses), (vec!["privacy"], vec!["s.ng@mercy.example", "+13125550188"]));
}

#[test]
fn groups_and_ways_to_sign_in_that_cannot_be() {
    let with = |more: &str| {
        let mut files = good();
        files.insert(MAIN, format!("{}\n{more}", include_str!("files/wardbell.toml")));
        said(&files)
    };
    let group = |more: &str| with(&format!("[[group]]\nname = \"compliance\"\nmay = [\"audit\"]\n{more}"));
    let people = "people = [\"s.ng@mercy.example\"]\n";
    for (said, wanted) in [
        (group(""), "warning[empty-group]: this group has neither `people` nor a `claim`, so no one belongs to it"),
        (
            group(&format!("{people}[[group]]\nname = \"compliance\"\nmay = [\"see\"]\n{people}")),
            "error[duplicate-id]: another group already has the name `compliance`",
        ),
        (group("people = [\"Sam Ng\"]\n"), "each entry of `people` must be an email address or a phone number"),
        (group(&format!("{people}departments = [\"privcy\"]\n")), "error[unknown-department]:"),
        (
            with("[[group]]\nname = \"x\"\nmay = [\"read\"]\npeople = [\"a@x.example\"]\n"),
            "error[bad-value]: each entry of `may` must be one of `see`, `see-protected`",
        ),
        (
            with("[[group]]\nname = \"A Group\"\nmay = [\"see\"]\npeople = [\"a@x.example\"]\n"),
            "error[bad-value]: `name` is not valid",
        ),
        (
            with("[sign_in]\nby = [\"code\", \"oidc\"]\n"),
            "error[bad-value]: signing in through an identity provider is not available yet",
        ),
        (with("[sign_in]\nby = [\"code\", \"oidc\"]\n"), "hint: use `by = [\"code\"]`"),
        (with("[sign_in]\nby = []\n"), "error[bad-value]: `by` is empty"),
        (with("[sign_in]\nidle = \"61m\"\n"), "error[bad-value]: `idle` must be from `1s` to `1h`"),
        (with("[sign_in]\nlongest = \"0s\"\n"), "error[bad-value]: `longest` must be from `1s` to `1d`"),
        (with("[sign_in]\noidc = {}\n"), "error[unknown-key]: `[sign_in]` has no key `oidc`"),
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let proxies =
        after(&[(MAIN, "hospital = \"MERCY\"", "hospital = \"MERCY\"\ntrusted_proxies = [\"proxy.mercy.example\"]")]);
    let wanted =
        "error[bad-value]: each entry of `trusted_proxies` is not valid: a proxy is an address such as `10.0.0.5`";
    assert!(proxies.contains(wanted), "{proxies}");
    assert_eq!(with("[sign_in]\nby = [\"code\"]\n"), "", "the cure works");
}
