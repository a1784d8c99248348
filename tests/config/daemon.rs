//! Mistakes in `wardbell.toml`.

use crate::{after, good, said};

const MAIN: &str = "wardbell.toml";

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

    error[bad-value]: `hospital` is not valid: the hospital's short name has 1 to 12 characters of the GSM-7 alphabet
     --> wardbell.toml:4:12
      |
    4 | hospital = "MERCY GENERAL HOSPITAL"
      |            ^^^^^^^^^^^^^^^^^^^^^^^^

    error[bad-value]: `host` must not hold blanks or slashes
      --> wardbell.toml:10:8
       |
    10 | host = "smtp mercy"
       |        ^^^^^^^^^^^^

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
    error[duplicate-id]: another source has the name `listening-desk` already
      --> wardbell.toml:27:8
       |
    27 | name = "listening-desk"
       |        ^^^^^^^^^^^^^^^^

    error[duplicate-id]: this token is another caller's already
      --> wardbell.toml:28:14
       |
    28 | token_file = "secrets/desk"
       |              ^^^^^^^^^^^^^^
       |
       = hint: with one token for two, the record could not say who called

    error[bad-value]: each entry of `may` must be one of `read`, `act`, `admin`
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
    error[missing-secret]: no secret for `auth_token_file`: there is no file `secrets/twilio`
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
       = hint: make one with `openssl rand -hex 32`

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
    warning[no-channel]: neither `[channel.email]` nor `[channel.sms]` is set up, so nobody can be paged
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
      = hint: did you mean `info`?

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
    error[missing-secret]: no secret for `key_file`: the file `secrets/calendar-key` has fewer than 43 characters, which 32 random bytes take
      --> wardbell.toml:32:12
       |
    32 | key_file = "secrets/calendar-key"
       |            ^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: make one with `openssl rand -hex 32`
    "#);
    insta::assert_snapshot!(with_key("[calendar]\nkey = \"0a0a\"\n", ""), @r#"
    error[missing-key]: `[calendar]` has no `key_file`
      --> wardbell.toml:31:1
       |
    31 | [calendar]
       | ^^^^^^^^^^

    error[unknown-key]: `[calendar]` has no key `key`
      --> wardbell.toml:32:1
       |
    32 | key = "0a0a"
       | ^^^
       |
       = hint: a secret stands in a file of its own: name that file under `key_file`
    "#);
}

#[test]
fn a_class_that_no_playbook_answers() {
    insta::assert_snapshot!(after(&[("wardbell.toml", "= \"phi-by-staff\"", "= \"phi-by-stuff\"")]), @r#"
    warning[unknown-class]: no playbook answers the class `phi-by-stuff`, so `unclassified` will
      --> wardbell.toml:24:32
       |
    24 | "Patient Privacy - Employee" = "phi-by-stuff"
       |                                ^^^^^^^^^^^^^^
       |
       = hint: did you mean `phi-by-staff`?
    "#);
}

#[test]
fn a_password_in_an_address_is_not_shown() {
    let said = after(&[(MAIN, "https://pages.mercy.example", "https://user:SECRET123@pages.mercy.example")]);
    assert!(!said.contains("SECRET123"), "{said}");
    insta::assert_snapshot!(said, @"
    error[bad-value]: `public_url` must not hold a user or a password: a secret stands in a file of its own
    --> wardbell.toml:3:14
    ");
}
