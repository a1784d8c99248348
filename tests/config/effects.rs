//! Every key that is read has an effect: another value of it changes what a command prints, or a test that is named here shows
//! what it does in the running daemon. A key that is added to a schema needs a line here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;
use wardbell::config::schema::FileKind;

use crate::on_disk;

const MAIN: &str = "wardbell.toml";
const PRIVACY: &str = "rosters/privacy.toml";
const HOUSE: &str = "rosters/house.toml";
const PEOPLE: &str = "rosters/people.toml";
const LADDERS: &str = "playbooks/ladders.toml";
const PHI: &str = "playbooks/phi-by-staff.toml";

/// File, old text, new text. Without old text the new one is added to the file's end.
type Edit = (&'static str, &'static str, &'static str);

/// What all files are changed to first, so that each key can show what it does.
const BASE: &[Edit] = &[
    (
        MAIN,
        "",
        "[calendar]\nkey_file = \"secrets/calendar\"\n[encryption]\nkeys = \"data-keys\"\nmaster_key_file = \"secrets/master\"\n",
    ),
    // Where no record can be: a daemon that is started ends at once, and its log is all that it leaves.
    (MAIN, "[fallback]", "[store]\npath = \"wardbell.toml/no-folder\"\n[fallback]"),
    (PHI, "[match]\nconfidence_at_least = 0.5\n", ""),
    (PHI, "when = { any_flag = [\"posting-now\"], reach_at_least = 50000 }", "when = { any_flag = [\"posting-now\"] }"),
    (PHI, "", "[[promote]]\nwhen = { reach_at_least = 50000 }\nseverity = \"critical\"\n"),
    (
        HOUSE,
        "id = \"supervisor\"\nname = \"House Supervisor\"\nemail = \"supervisor@mercy.example\"",
        "id = \"supervisor\"",
    ),
    (
        PEOPLE,
        "",
        "[[person]]\nid = \"supervisor\"\nname = \"House Supervisor\"\nemail = \"supervisor@mercy.example\"\n\
         sms = [\"+13125550111\", \"+13125550112\"]\nvoice = \"+13125550113\"\npush = \"supervisor-1\"\npager = \"5550114\"\n\
         sms_consent = 2026-10-01\nnotify = [{ by = \"sms\" }, { by = \"email\", after = \"1m\" }]\n",
    ),
    (
        PRIVACY,
        "away = [",
        "unavailable = [{ days = [\"mon\"], hours = \"09:00-10:00\", until = 2026-12-14 }]\naway = [",
    ),
    (
        PRIVACY,
        "",
        "[window.w]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n[window.d]\ndays = [\"tue\"]\nhours = \"17:00-08:00\"\n\
         [window.h]\nholidays = [2026-12-29]\n[[rotation]]\nrole = \"on-site\"\nduring = \"w\"\nliaisons = [\"j-chen\"]\n\
         [[rotation]]\nrole = \"on-site\"\nduring = \"h\"\nliaisons = [\"j-chen\"]\n[[rotation]]\nrole = \"on-site\"\n\
         during = \"d\"\nliaisons = [\"m-rivera\"]\n",
    ),
];

const CHECK: &[&str] = &["check", "--at", "2026-11-23T16:00:00Z", "--horizon", "60d"];
/// In hours: a Monday.
const ROUTE: &[&str] = &["route", "--class", "phi-by-staff", "--at", "2026-11-23 10:00"];
const ROUTE_AFTER_HOURS: &[&str] = &["route", "--class", "phi-by-staff", "--at", "2026-11-24 10:00"];
const ROUTE_PROMOTED: &[&str] =
    &["route", "--class", "phi-by-staff", "--at", "2026-11-23 10:00", "--flag", "posting-now"];
const ROUTE_REACH: &[&str] = &["route", "--class", "phi-by-staff", "--at", "2026-11-23 10:00", "--reach", "60000"];
const ROUTE_ALSO: &[&str] = &["route", "--class", "hipaa.x", "--at", "2026-11-23 10:00"];
const ONCALL: &[&str] = &["oncall", "--at", "2026-11-23 10:00", "--format", "json"];
/// A month that has an absence, an override and holidays in it.
const DUTY: &[&str] =
    &["schedule", "--department", "privacy", "--from", "2026-12-01", "--to", "2027-01-04", "--format", "json"];
/// A shift that is there: the reason tells whether it is the same.
const SAME_SHIFT: &[&str] = &[
    "override",
    "add",
    "--department",
    "privacy",
    "--role",
    "primary",
    "--liaison",
    "j-chen",
    "--from",
    "2026-12-24 17:00",
    "--to",
    "2026-12-26 08:00",
    "--reason",
    "holiday swap",
];
const KEYS: &[&str] = &["keys", "status"];
const CARD: &[&str] = &["vcard"];
const LINKS: &[&str] = &["calendar", "links"];
const DIFF: &[&str] = &["diff", "BASE", ".", "--show-contacts"];

/// The commands that end in another way where something else is right.
const MAY_END_OTHERWISE: &[&str] = &["check", "diff", "list", "audit", "override"];

/// What shows a key: other values, and a command that prints something else then.
const SHOWN: &[(&str, &[Edit], &[&str])] = &[
    ("config server.listen", &[(MAIN, "127.0.0.1:8080", "127.0.0.1:1")], &["list"]),
    ("config server.public_url", &[(MAIN, "pages.mercy.example/ward", "pages.mercy.example/other")], LINKS),
    ("config server.hospital", &[(MAIN, "MERCY", "GRACE")], CARD),
    ("config files.rosters", &[(MAIN, "[fallback]", "[files]\nrosters = \"others\"\n[fallback]")], ONCALL),
    ("config files.playbooks", &[(MAIN, "[fallback]", "[files]\nplaybooks = \"others\"\n[fallback]")], ROUTE),
    ("config store.path", &[(MAIN, "wardbell.toml/no-folder", "elsewhere")], &["audit", "verify"]),
    ("config log.format", &[(MAIN, "[fallback]", "[log]\nformat = \"json\"\n[fallback]")], &["serve"]),
    ("config log.level", &[(MAIN, "[fallback]", "[log]\nlevel = \"error\"\n[fallback]")], &["serve"]),
    ("config channel.email.from", &[(MAIN, "<pages@", "<others@")], CARD),
    ("config channel.sms.from", &[(MAIN, "+13125550100", "+13125550199")], CARD),
    ("config calendar.key_file", &[(MAIN, "secrets/calendar", "secrets/other")], LINKS),
    ("config encryption.master_key_file", &[(MAIN, "secrets/master", "secrets/other")], KEYS),
    ("config encryption.keys", &[(MAIN, "data-keys", "elsewhere")], KEYS),
    ("config operator[].token_file", &[(MAIN, "secrets/operator", "secrets/nothing")], CHECK),
    ("config source[].token_file", &[(MAIN, "secrets/desk", "secrets/nothing")], CHECK),
    ("config channel.sms.auth_token_file", &[(MAIN, "secrets/twilio", "secrets/nothing")], CHECK),
    (
        "config channel.email.password_file",
        &[(MAIN, "host = ", "username = \"w\"\npassword_file = \"nothing\"\nhost = ")],
        CHECK,
    ),
    ("roster department", &[(PRIVACY, "department = \"privacy\"", "department = \"secrecy\"")], CHECK),
    ("roster name", &[(PRIVACY, "Privacy Office", "Office of Privacy")], ROUTE),
    ("roster timezone", &[(PRIVACY, "America/Chicago", "America/Denver")], DUTY),
    ("roster escalate_to", &[(PRIVACY, "escalate_to = \"house\"\n", "")], CHECK),
    (
        "roster owner",
        &[(PRIVACY, "privacy.director@", "other.director@"), (PRIVACY, "2027-01-31", "2026-10-01")],
        CHECK,
    ),
    ("roster review_by", &[(PRIVACY, "2027-01-31", "2026-10-01")], CHECK),
    ("roster hours.mon", &[(PRIVACY, "mon = \"08:00-17:00\"", "mon = \"08:00-16:00\"")], DUTY),
    ("roster hours.tue", &[(PRIVACY, "[hours]", "[hours]\ntue = \"08:00-17:00\"")], DUTY),
    ("roster hours.wed", &[(PRIVACY, "[hours]", "[hours]\nwed = \"08:00-17:00\"")], DUTY),
    ("roster hours.thu", &[(PRIVACY, "[hours]", "[hours]\nthu = \"08:00-17:00\"")], DUTY),
    ("roster hours.fri", &[(PRIVACY, "[hours]", "[hours]\nfri = \"08:00-17:00\"")], DUTY),
    ("roster hours.sat", &[(PRIVACY, "13:00-15:00", "13:00-16:00")], DUTY),
    ("roster hours.sun", &[(PRIVACY, "[hours]", "[hours]\nsun = \"08:00-17:00\"")], DUTY),
    ("roster window.*.from", &[(PRIVACY, "fri 17:00", "fri 18:00")], DUTY),
    ("roster window.*.to", &[(PRIVACY, "mon 08:00", "mon 09:00")], DUTY),
    ("roster window.*.days", &[(PRIVACY, "days = [\"tue\"]", "days = [\"wed\"]")], DUTY),
    ("roster window.*.hours", &[(PRIVACY, "17:00-08:00", "18:00-08:00")], DUTY),
    ("roster window.*.holidays", &[(PRIVACY, "2026-12-29", "2026-12-30")], DUTY),
    ("roster approvers", &[(PRIVACY, "[hours]", "approvers = [\"j-chen\"]\n[hours]")], DIFF),
    ("roster hours.holidays", &[(PRIVACY, "2026-12-24]", "2026-12-28]")], DUTY),
    (
        "roster liaison[].id",
        &[
            (HOUSE, "\"supervisor\"", "\"chief\""),
            (HOUSE, "[\"supervisor\"]", "[\"chief\"]"),
            (PEOPLE, "\"supervisor\"", "\"chief\""),
        ],
        ONCALL,
    ),
    ("roster liaison[].name", &[(PRIVACY, "Maria Rivera", "Mary Rivers")], ROUTE),
    ("roster liaison[].email", &[(PRIVACY, "j.chen@", "jin.chen@")], DIFF),
    ("roster liaison[].sms", &[(PRIVACY, "+13125550101", "+13125550177")], DIFF),
    ("roster liaison[].voice", &[(PRIVACY, "id = \"j-chen\"\n", "id = \"j-chen\"\nvoice = \"+13125550121\"\n")], DIFF),
    ("roster liaison[].push", &[(PRIVACY, "id = \"j-chen\"\n", "id = \"j-chen\"\npush = \"j-chen-1\"\n")], DIFF),
    ("roster liaison[].pager", &[(PRIVACY, "id = \"j-chen\"\n", "id = \"j-chen\"\npager = \"5550122\"\n")], DIFF),
    ("roster liaison[].unavailable[].days", &[(PRIVACY, "days = [\"mon\"]", "days = [\"sat\"]")], DUTY),
    ("roster liaison[].unavailable[].hours", &[(PRIVACY, "09:00-10:00", "09:00-11:00")], DUTY),
    ("roster liaison[].unavailable[].until", &[(PRIVACY, "until = 2026-12-14", "until = 2026-12-13")], DUTY),
    ("people person[].id", &[(PEOPLE, "\"supervisor\"", "\"superior\"")], CHECK),
    ("people person[].name", &[(PEOPLE, "House Supervisor", "Head Supervisor")], ROUTE),
    ("people person[].email", &[(PEOPLE, "supervisor@", "chief@")], DIFF),
    ("people person[].sms", &[(PEOPLE, "+13125550112", "+13125550119")], DIFF),
    ("people person[].voice", &[(PEOPLE, "+13125550113", "+13125550118")], DIFF),
    ("people person[].push", &[(PEOPLE, "supervisor-1", "supervisor-2")], DIFF),
    ("people person[].pager", &[(PEOPLE, "5550114", "5550115")], DIFF),
    ("people person[].sms_consent", &[(PEOPLE, "sms_consent = 2026-10-01\n", "")], CHECK),
    (
        "people person[].notify[].by",
        &[(PEOPLE, "{ by = \"sms\" }, { by = \"email\"", "{ by = \"email\" }, { by = \"sms\"")],
        ROUTE,
    ),
    ("people person[].notify[].after", &[(PEOPLE, "after = \"1m\"", "after = \"2m\"")], ROUTE),
    ("roster liaison[].sms_consent", &[(PRIVACY, "sms_consent = 2026-10-01\n", "")], CHECK),
    (
        "roster liaison[].notify[].by",
        &[(PRIVACY, "{ by = \"sms\" }, { by = \"email\"", "{ by = \"email\" }, { by = \"sms\"")],
        ROUTE,
    ),
    ("roster liaison[].notify[].after", &[(PRIVACY, "after = \"1m\"", "after = \"2m\"")], ROUTE),
    ("roster liaison[].away[].from", &[(PRIVACY, "2026-12-20 00:00", "2026-12-22 00:00")], DUTY),
    ("roster liaison[].away[].to", &[(PRIVACY, "2026-12-27T00:00:00", "2027-01-02T00:00:00")], DUTY),
    ("roster liaison[].away[].cover", &[(PRIVACY, ", cover = \"j-chen\"", "")], DUTY),
    ("roster rotation[].role", &[(PRIVACY, "role = \"backup\"", "role = \"primary\"")], DUTY),
    ("roster rotation[].during", &[(PRIVACY, "during = \"hours\"", "during = \"always\"")], DUTY),
    ("roster rotation[].liaisons", &[(PRIVACY, "[\"j-chen\", \"m-rivera\"]", "[\"m-rivera\", \"j-chen\"]")], DUTY),
    ("roster rotation[].every", &[(PRIVACY, "1 week", "2 weeks")], DUTY),
    ("roster rotation[].handoff", &[(PRIVACY, "2026-01-05 08:00", "2026-01-12 08:00")], DUTY),
    (
        "roster override[].role",
        &[(PRIVACY, "[[override]]\nrole = \"primary\"", "[[override]]\nrole = \"backup\"")],
        DUTY,
    ),
    ("roster override[].from", &[(PRIVACY, "2026-12-24 17:00", "2026-12-24 18:00")], DUTY),
    ("roster override[].to", &[(PRIVACY, "2026-12-26 08:00", "2026-12-26 09:00")], DUTY),
    ("roster override[].liaison", &[(PRIVACY, "liaison = \"j-chen\"", "liaison = \"m-rivera\"")], DUTY),
    ("roster override[].reason", &[(PRIVACY, "holiday swap", "another swap")], SAME_SHIFT),
    ("playbook class", &[(PHI, "class = \"phi-by-staff\"", "class = \"phi-by-others\"")], CHECK),
    ("playbook also", &[(PHI, "hipaa.*", "gdpr.*")], ROUTE_ALSO),
    ("playbook title", &[(PHI, "Patient information posted", "Patient data posted")], ROUTE),
    (
        "playbook page_title",
        &[(
            PHI,
            "page_title = \"Privacy\"",
            "page_title = \"A title that is longer than any page, which is one text message, has room for beside all else\"",
        )],
        CHECK,
    ),
    ("playbook severity", &[(PHI, "severity = \"high\"", "severity = \"moderate\"")], ROUTE),
    ("playbook ladder", &[(PHI, "severity = \"high\"", "severity = \"high\"\nladder = \"C\"")], ROUTE),
    ("playbook departments", &[(PHI, "departments = [\"privacy\"]", "departments = [\"privacy\", \"house\"]")], ROUTE),
    ("playbook acknowledge_within", &[(PHI, "acknowledge_within = \"10m\"", "acknowledge_within = \"9m\"")], ROUTE),
    ("playbook act_within", &[(PHI, "act_within = \"30m\"", "act_within = \"29m\"")], ROUTE),
    ("playbook owner", &[(PHI, "owner = \"privacy\"", "owner = \"house\""), (PHI, "2027-03-31", "2026-10-01")], CHECK),
    ("playbook review_by", &[(PHI, "2027-03-31", "2026-10-01")], CHECK),
    (
        "playbook match.confidence_at_least",
        &[(PHI, "[[promote]]", "[match]\nconfidence_at_least = 0.5\n[[promote]]")],
        ROUTE,
    ),
    ("playbook match.facilities", &[(PHI, "[[promote]]", "[match]\nfacilities = [\"la\"]\n[[promote]]")], ROUTE),
    ("playbook match.networks", &[(PHI, "[[promote]]", "[match]\nnetworks = [\"x\"]\n[[promote]]")], ROUTE),
    ("playbook match.languages", &[(PHI, "[[promote]]", "[match]\nlanguages = [\"en\"]\n[[promote]]")], ROUTE),
    ("playbook match.any_flag", &[(PHI, "[[promote]]", "[match]\nany_flag = [\"minor\"]\n[[promote]]")], ROUTE),
    ("playbook match.reach_at_least", &[(PHI, "[[promote]]", "[match]\nreach_at_least = 9\n[[promote]]")], ROUTE),
    ("playbook promote[].when.any_flag", &[(PHI, "posting-now", "on-site-now")], ROUTE_PROMOTED),
    ("playbook promote[].when.reach_at_least", &[(PHI, "50000", "70000")], ROUTE_REACH),
    ("playbook promote[].severity", &[(PHI, "severity = \"critical\"", "severity = \"high\"")], ROUTE_PROMOTED),
    ("playbook promote[].ladder", &[(PHI, "ladder = \"A\"", "ladder = \"C\"")], ROUTE_PROMOTED),
    (
        "playbook after_hours.acknowledge_within",
        &[(PHI, "acknowledge_within = \"15m\"", "acknowledge_within = \"14m\"")],
        ROUTE_AFTER_HOURS,
    ),
    ("playbook after_hours.act_within", &[(PHI, "hold = true", "hold = true\nact_within = \"2h\"")], ROUTE_AFTER_HOURS),
    ("playbook after_hours.ladder", &[(PHI, "hold = true", "hold = true\nladder = \"C\"")], ROUTE_AFTER_HOURS),
    ("playbook after_hours.hold", &[(PHI, "hold = true\ninstead = [\"house\"]", "")], ROUTE_AFTER_HOURS),
    ("playbook after_hours.instead", &[(PHI, "instead = [\"house\"]", "")], ROUTE_AFTER_HOURS),
    (
        "playbook action[].department",
        &[(PHI, "[[action]]\ndepartment = \"privacy\"", "[[action]]\ndepartment = \"nobody\"")],
        CHECK,
    ),
    ("playbook policy", &[(PHI, "severity = ", "policy = [\"nothing\"]\nseverity = ")], CHECK),
    ("playbook statement[].approve", &[(PHI, "approve = [\"privacy\"]", "approve = [\"nobody\"]")], CHECK),
    (
        "playbook statement[].approve_within",
        &[(PHI, "approve = [\"privacy\"]", "approve = [\"privacy\"]\napprove_within = \"5m\"")],
        DIFF,
    ),
    ("playbook statement[].ready", &[(PHI, "approve = [\"privacy\"]", "ready = true")], DIFF),
    (
        "playbook statement[].choices",
        &[(PHI, "approve = [\"privacy\"]", "approve = [\"privacy\"]\nchoices = { status = [\"open\"] }")],
        CHECK,
    ),
    (
        "ladders ladder.*.for",
        &[(LADDERS, "\"critical\"", "\"?\""), (LADDERS, "\"high\"", "\"critical\""), (LADDERS, "\"?\"", "\"high\"")],
        ROUTE,
    ),
    ("ladders ladder.*.repeat_every", &[(LADDERS, "15m", "14m")], ROUTE),
    ("ladders ladder.*.repeat_times", &[(LADDERS, "repeat_times = 8", "repeat_times = 7")], ROUTE),
    (
        "ladders ladder.*.steps[].at",
        &[(LADDERS, "at = \"10m\", page = \"escalation\"", "at = \"9m\", page = \"escalation\"")],
        ROUTE,
    ),
    ("ladders ladder.*.steps[].page", &[(LADDERS, "page = \"escalation\"", "page = \"backup\"")], ROUTE),
    (
        "ladders ladder.*.steps[].by",
        &[(LADDERS, "page = \"primary\" }, { at = \"10m\"", "page = \"primary\", by = \"email\" }, { at = \"10m\"")],
        ROUTE,
    ),
];

/// The tests that show what a key does where no command prints it.
const PROVED: &[(&str, &str)] = &[
    ("config group[].claim", "groups_and_sign_in_are_read_as_they_are_written"),
    ("config group[].departments", "a_liaison_may_act_where_their_department_has_a_track_and_a_group_where_it_says"),
    ("config group[].may", "a_liaison_may_act_where_their_department_has_a_track_and_a_group_where_it_says"),
    ("config group[].name", "groups_and_ways_to_sign_in_that_cannot_be"),
    ("config group[].people", "a_group_adds_to_what_a_liaison_may_and_names_people_who_are_in_no_roster"),
    ("config server.trusted_proxies", "only_what_a_trusted_proxy_says_is_believed"),
    ("config sign_in.by", "groups_and_ways_to_sign_in_that_cannot_be"),
    ("config sign_in.idle", "a_session_ends_after_its_idle_time_and_a_look_does_not_prolong_it"),
    ("config sign_in.longest", "a_session_lasts_as_long_as_it_may_whatever_the_clock_does"),
    ("config channel.email.host", "the_primary_of_each_department_is_paged_at_once_and_nobody_else"),
    ("config channel.email.port", "the_primary_of_each_department_is_paged_at_once_and_nobody_else"),
    ("config channel.email.tls", "what_is_wrong_with_the_settings_is_named"),
    ("config channel.email.username", "a_refused_login_is_tried_again"),
    ("config channel.email.timeout", "a_gateway_that_hangs_for_all_leaves_mail_to_all"),
    ("config channel.sms.base_url", "the_primary_of_each_department_is_paged_at_once_and_nobody_else"),
    ("config channel.sms.account_sid", "a_page_is_posted_as_the_messages_api_wants_it"),
    ("config channel.sms.timeout", "told_to_end_it_does_not_wait_for_a_gateway_that_hangs"),
    ("config files.poll", "a_roster_behind_a_link_to_a_single_file_is_followed"),
    ("config daily_test.at", "every_day_each_channel_is_tested_once_and_again_when_somebody_asks"),
    ("config daily_test.email", "every_day_each_channel_is_tested_once_and_again_when_somebody_asks"),
    ("config daily_test.sms", "every_day_each_channel_is_tested_once_and_again_when_somebody_asks"),
    ("config daily_test.timezone", "every_day_each_channel_is_tested_once_and_again_when_somebody_asks"),
    ("config fallback.department", "at_last_the_fallback_department_is_paged"),
    ("config heartbeat.url", "a_heartbeat_needs_one_address_and_tells_it_to_nobody"),
    ("config heartbeat.url_file", "while_it_pages_it_calls_its_watcher_and_stops_when_every_channel_fails"),
    ("config heartbeat.every", "while_it_pages_it_calls_its_watcher_and_stops_when_every_channel_fails"),
    ("config operator[].name", "an_operator_works_from_a_shell"),
    ("config operator[].may", "without_the_right_token_nothing_is_told_and_nothing_is_done"),
    (
        "config paging.bundle",
        "five_hundred_matters_for_one_person_are_a_message_each_bundling_time_and_all_on_the_list",
    ),
    (
        "config retention.keep_for",
        "what_is_older_than_six_years_goes_while_people_are_paged_and_the_rest_proves_itself",
    ),
    ("config source[].name", "an_incident_comes_out_as_the_contract_says"),
    ("config source[].classes", "the_plan_is_what_the_files_say"),
    (
        "config source[].heard_within",
        "a_silent_source_pages_the_fallback_department_once_and_says_when_it_is_heard_again",
    ),
    ("config source[].form_token_file", "a_report_at_the_secret_link_pages_once_and_gets_a_reference_alone"),
    ("config source[].strict", "a_source_that_is_strict_is_told_of_what_would_be_cleaned"),
    ("privacy-reading owner", "the_lists_of_the_privacy_reading_are_reviewed_like_a_playbook"),
    ("privacy-reading review_by", "the_lists_of_the_privacy_reading_are_reviewed_like_a_playbook"),
    ("privacy-reading ordinary", "each_key_of_the_lists_changes_what_is_marked"),
    ("privacy-reading general", "each_key_of_the_lists_changes_what_is_marked"),
    ("privacy-reading about_somebody", "each_key_of_the_lists_changes_what_is_marked"),
    ("privacy-reading spellings", "each_key_of_the_lists_changes_what_is_marked"),
    ("privacy-reading groups", "each_key_of_the_lists_changes_what_is_marked"),
    ("privacy-reading rule[].why", "each_key_of_the_lists_changes_what_is_marked"),
    ("privacy-reading rule[].phrases", "each_key_of_the_lists_changes_what_is_marked"),
    ("privacy-reading rule[].with", "each_key_of_the_lists_changes_what_is_marked"),
    ("privacy-reading rule[].unless", "each_key_of_the_lists_changes_what_is_marked"),
    ("privacy-reading rule[].in_general", "each_key_of_the_lists_changes_what_is_marked"),
    ("playbook action[].do", "acknowledged_by_the_reader"),
    ("playbook action[].within", "acknowledged_by_the_reader"),
    ("playbook guidance.do", "acknowledged_by_the_reader"),
    ("playbook guidance.do_not", "acknowledged_by_the_reader"),
    ("playbook guidance.examples", "acknowledged_by_the_reader"),
    ("playbook statement[].name", "acknowledged_by_the_reader"),
    ("playbook statement[].text", "acknowledged_by_the_reader"),
];

/// Those with one value that they can have, which is what they do: there is no other yet.
const ONE_VALUE: &[&str] = &["config store.kind", "config channel.sms.kind"];

/// The keys of a schema that hold no further keys, and the values that they may have, where these are listed.
fn leaves(kind: FileKind) -> Vec<(String, usize)> {
    let root: Value = serde_json::from_str(&kind.schema()).unwrap();
    let (mut leaves, mut open) = (Vec::new(), vec![(String::new(), root)]);
    while let Some((path, schema)) = open.pop() {
        let keys = schema["properties"].as_object().into_iter().flatten();
        for (key, inner) in keys {
            let (inner, mark) = inner.get("items").map_or((inner, ""), |items| (items, "[]"));
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match inner["type"] == "object" && (inner.get("properties").is_some() || is_by_name(inner)) {
                true => open.push((format!("{below}{mark}"), inner.clone())),
                false => {
                    leaves.push((format!("{} {below}", kind.word()), inner["enum"].as_array().map_or(0, Vec::len)))
                }
            }
        }
        if is_by_name(&schema) {
            open.push((format!("{path}.*"), schema["additionalProperties"].clone()));
        }
    }
    leaves
}

/// Whether its keys are names, each of a table.
fn is_by_name(schema: &Value) -> bool {
    schema["additionalProperties"]["type"] == "object"
}

/// What a command prints about these files, and how it ends.
fn printed(edits: &[Edit], command: &[&str]) -> String {
    let folder = on_disk();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    let random = |seed: u8| -> String { (0..32).map(|n: u8| format!("{:02x}", n.wrapping_mul(seed) ^ seed)).collect() };
    for (name, seed) in [("calendar", 37), ("other", 91), ("master", 53)] {
        write(&format!("secrets/{name}"), &random(seed));
    }
    let apply = |edits: &[Edit]| {
        for (path, old, new) in edits {
            let text = fs::read_to_string(folder.path().join(path)).unwrap_or_default();
            assert!(text.contains(old), "{path} has no {old:?}");
            let text = if old.is_empty() { format!("{text}\n{new}") } else { text.replacen(old, new, 1) };
            write(path, &text);
        }
    };
    apply(BASE);
    let before = folder.path().join("before");
    let wants_both = command.contains(&"BASE");
    if wants_both {
        for path in ["rosters", "playbooks", "secrets"] {
            fs::create_dir_all(before.join(path)).unwrap();
            for entry in fs::read_dir(folder.path().join(path)).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), before.join(path).join(entry.file_name())).unwrap();
            }
        }
        fs::copy(folder.path().join(MAIN), before.join(MAIN)).unwrap();
    }
    apply(edits);
    let here = folder.path().to_str().unwrap();
    let args = command.iter().map(|arg| match *arg {
        "BASE" => before.to_str().unwrap(),
        "." => here,
        other => other,
    });
    let mut wardbell = Command::new(env!("CARGO_BIN_EXE_wardbell"));
    wardbell.arg("--config").arg(folder.path().join(MAIN)).args(args).stdin(Stdio::null());
    wardbell.env("WARDBELL_TOKEN_FILE", folder.path().join("secrets/operator")).env_remove("CREDENTIALS_DIRECTORY");
    let output = wardbell.output().unwrap();
    assert_ne!(output.status.code(), Some(2), "wrong usage: {command:?}");
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    let mut text = text.replace(here, "FOLDER");
    if command == ["serve"] {
        // Each line of a log has its time.
        text.retain(|letter| !letter.is_ascii_digit());
    }
    format!("{}\n{text}", output.status)
}

#[test]
fn every_key_of_every_file_is_said_to_have_an_effect() {
    let leaves: Vec<(String, usize)> = FileKind::ALL.into_iter().flat_map(leaves).collect();
    let read: BTreeSet<&str> = leaves.iter().map(|(key, _)| key.as_str()).collect();
    let shown = SHOWN.iter().map(|(key, ..)| *key);
    let told: Vec<&str> = shown.chain(PROVED.iter().map(|(key, _)| *key)).chain(ONE_VALUE.iter().copied()).collect();
    let known: BTreeSet<&str> = told.iter().copied().collect();
    assert_eq!(known.len(), told.len(), "a key stands here twice");
    let unknown: Vec<_> = read.difference(&known).collect();
    assert!(unknown.is_empty(), "what do these keys do? Add a line for each: {unknown:?}");
    let gone: Vec<_> = known.difference(&read).collect();
    assert!(gone.is_empty(), "these keys are in no schema: {gone:?}");
    assert!(read.len() > 110, "{}", read.len());
    for (key, values) in leaves.iter().filter(|(key, _)| ONE_VALUE.contains(&key.as_str())) {
        assert_eq!(*values, 1, "{key} has more values by now: what is the difference?");
    }
}

#[test]
fn every_test_that_shows_what_a_key_does_is_there() {
    let mut sources = String::new();
    let mut open = vec![Path::new("tests").to_owned(), Path::new("src").to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                sources += &fs::read_to_string(path).unwrap();
            }
        }
    }
    for (key, proof) in PROVED {
        assert!(sources.contains(&format!("fn {proof}(")), "{key}: there is no test `{proof}`");
    }
}

#[test]
fn another_value_of_a_key_changes_what_a_command_prints() {
    let (next, faults) = (AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((key, edits, command)) = SHOWN.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (before, after) = (printed(&[], command), printed(edits, command));
                    // What is refused shows nothing of what the key does.
                    let is_read =
                        before.lines().next() == after.lines().next() || MAY_END_OTHERWISE.contains(&command[0]);
                    assert!(is_read || key.starts_with("config files."), "{key}: {after}");
                    if before == after {
                        faults
                            .lock()
                            .unwrap()
                            .push(format!("{key} changes nothing of `{}`:\n{after}", command.join(" ")));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
