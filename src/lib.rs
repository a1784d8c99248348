//! **wardbell**: escalation and on-call routing for hospitals.
//!
//! A listening tool finds a post about the hospital, and a classifier assigns it a class. Wardbell matches the
//! classified incident to a playbook, finds who is on call, and pages the primary, then the backup, then the next step,
//! until a person presses "I have it". It keeps a record of everything.
//!
//! # Bird's-eye view
//!
//! ```text
//!  source ──> web ──> engine ──decide──> events ──append + fdatasync──> journal
//!                       ^                                                  │
//!      acknowledgement, │ timeout, outcome                      evolve, then v
//!                       └─────────── provider <── page ── queue,   store
//! ```
//!
//! The *decider* ([`domain::escalation`]) is a pure function from a state, the plan, the time and an input to events. What
//! else has a recorded state, such as the watch of a source and the test of a channel, decides behind the same port
//! ([`domain::aggregate`]), and the engine's [routing](engine::batch::routing) drives it.
//! The *journal* keeps the events and is the source of truth. The *engine* is the only loop: it owns the state, and
//! nothing is reported before it is durable. The *store* is derived from the journal and answers queries.
//!
//! # Modules
//!
//! Declared below in this order; a module uses only modules above it.
//!
//! | module | job |
//! | --- | --- |
//! | [`domain`] | pure: rosters and their calendars, playbooks, pages, and the decider |
//! | [`diagnostic`] | an error in a file, with its line and a caret |
//! | [`clock`] | the only place that reads a clock or the system's time zone rules |
//! | [`config`] | turns files into a valid plan and settings, or into all of their errors; edits rosters, and imports other systems' schedules |
//! | [`journal`] | the source of truth: append-only, hash-chained, durable before any answer |
//! | [`vault`] | seals protected text before it is recorded, and keeps its keys outside the journal |
//! | [`store`] | derived from the journal, answers queries, can be deleted at any time |
//! | [`provider`] | sends messages and returns outcomes; one folder per service |
//! | [`mock`] | a mail server and an SMS gateway for demos |
//! | [`engine`] | the loop: select, apply, send; and the callers' handle |
//! | [`inbound`] | decodes what other systems send into commands; one file per format |
//! | [`web`] | the API, link pages, metrics |
//! | [`maintenance`] | in the background: verifies, repairs, compresses, and prunes the journal, and probes its disk |
//! | [`daemon`] | the composition root: startup, reload, systemd, heartbeat |
//! | [`cli`] | one file per command |
//!
//! # The delivery contract
//!
//! Each line names the tests that prove it (`cargo test NAME`). The tests in `tests/sim` check it after every step of a
//! simulation with crashes, full disks, clock changes, and failing providers between any two steps.
//!
//! - A 202 or "recorded" answer is given, and a page is sent, only after its events are on disk:
//!   `accepted_means_durable`, `killed_at_any_moment_an_accepted_incident_is_paged`.
//! - An incident answered with 202 leads to a page: `every_accepted_incident_leads_to_a_page`; if a roster has no one
//!   to page, others are paged: `at_last_the_fallback_department_is_paged`.
//! - Its tracks escalate until someone acknowledges: `a_track_climbs_until_acknowledged`. While the daemon is up, a
//!   step fires on time or within a second after it: `steps_come_on_time_and_once`.
//! - After a crash a page is sent at most twice, with the same page id: `a_page_comes_twice_only_after_a_crash`,
//!   `killed_between_acceptance_and_record_a_page_comes_at_most_twice_with_one_id`. A clean shutdown waits for messages
//!   in flight, so that nothing is sent twice:
//!   `told_to_end_again_and_again_under_load_nothing_is_lost_and_nothing_comes_twice`. Only one of several daemons on
//!   the same store serves: `started_twice_under_load_one_alone_serves_and_nothing_is_lost`. After a downtime there is
//!   no burst: `after_a_downtime_nobody_is_paged_twice_at_once_for_one_incident`.
//! - "Not recorded" is answered only if it never will be recorded; otherwise the answer is "not known yet". A request
//!   whose caller has stopped waiting is never carried out ([`engine::protocol::claim`]):
//!   `whoever_is_answered_no_is_never_obeyed_later`.
//! - A page is sent immediately, or within the bundling time if its reader just had another message; no one gets more
//!   than one message per channel in that time, except for retries:
//!   `every_page_is_in_a_message_within_its_bundling_time`, `nobody_gets_more_than_one_message_in_the_bundling_time`. A
//!   press for a list answers exactly the pages that its form lists:
//!   `what_is_answered_while_its_message_is_on_its_way_is_not_asked_for_behind_the_link`.
//! - A page that a person's number refuses for good is at their next number immediately, even after a crash; their other
//!   channels count as next only after the last number: `a_page_that_the_first_number_refuses_is_at_the_second_at_once`,
//!   `killed_between_two_numbers_the_second_is_tried_and_not_the_first_again`,
//!   `what_a_number_refuses_goes_to_the_persons_next_one`.
//! - Only a POST with an action acknowledges. GET and HEAD change nothing, and no page has a script:
//!   `nobody_acknowledges_without_a_press`, `a_browser_that_runs_scripts_and_follows_every_link_changes_nothing`.
//! - After an acknowledgement nothing more is sent, except for messages already in flight:
//!   `nothing_is_sent_after_an_acknowledgement`.
//! - What is owed stays owed: no task disappears, and after the resolution nobody is paged to answer, but whoever owes a
//!   task is told by day until it is done: `what_is_owed_stays_owed`,
//!   `what_is_owed_is_asked_for_until_it_is_done_also_after_the_resolution_and_a_crash`.
//! - What someone has acknowledged stays with them until a colleague they asked takes it over:
//!   `an_acknowledged_track_stays_with_its_holder`, `whoever_has_it_hands_it_over_and_has_it_until_it_is_taken`.
//! - Only people selected by the roster rule, or by the rule that the page's reason names, are paged:
//!   `only_the_entitled_are_paged`. Involved people are not paged, with one exception: if no one else can be, the
//!   fallback department's primary is paged as the last resort, with only the reference:
//!   `the_involved_are_never_paged`, `somebody_is_paged_also_where_all_are_involved`.
//! - A track is not left with someone who cannot be reached: a reminder that does not reach its owner reopens the track
//!   (`whoever_has_it_and_cannot_be_reached_is_followed_by_the_backup_and_then_the_ladder`), and no one can answer who
//!   is no longer on a roster: `who_has_left_takes_nothing`.
//! - A source's `summary`, `url`, `author`, and `labels`, and names in `involved` that match no roster, appear in the
//!   journal, the store, and answers to operators with `read` and to people who signed in and may see them, but in no
//!   page, log line, metric, or error:
//!   `what_a_source_wrote_is_in_no_page_log_metric_or_error`. A page is built only from the fields of
//!   [`domain::page::PageText`]. With `[encryption]`, these texts and notes are sealed in the journal and the store:
//!   `what_is_protected_is_in_no_byte_of_the_disk_and_in_no_log`.
//! - Each time that this is shown to a person is durable before the first byte of it leaves, and whoever is involved is
//!   answered as if there were no such incident: `killed_right_after_an_answer_its_showing_is_on_the_record`,
//!   `whoever_may_not_see_an_incident_or_is_involved_does_not_learn_of_it`,
//!   `an_emergency_code_sees_nothing_in_which_the_person_who_uses_it_is_involved`. A link alone shows none of it:
//!   `a_link_alone_shows_nothing_and_the_code_of_another_contact_what_was_posted`.
//! - Purged text cannot be opened with any remaining key: `what_was_purged_is_readable_nowhere`. Neither encryption nor
//!   a lost master key changes what is paged, or when:
//!   `neither_encryption_nor_a_lost_master_key_changes_what_is_paged`.
//! - An approval is for one version of a statement, and a statement is approved once each department that must approve it
//!   has: `a_comma_makes_a_version_that_nobody_has_approved`, `every_department_is_asked_at_once_and_all_must_approve`.
//!   Nobody approves their own words while somebody else can: `nobody_approves_their_own_words_while_somebody_else_can`.
//! - The daily channel test is not a page, delays none, and is sent once a day, even after a downtime or a clock
//!   change: `a_channel_is_tested_once_a_day`, `a_test_delays_no_page`.
//! - Replaying the journal restores the state: events carry results, and evolving needs no plan:
//!   `answers_and_replays_agree`. The hash chain verifies: `the_chain_verifies`.
//! - Logical time never goes back, and clock jumps do not affect timeouts ([`clock::Timekeeper`]):
//!   `logical_time_never_goes_back`, `an_hour_ahead_changes_no_wait_and_the_roster_follows_the_wall_clock`,
//!   `while_the_clock_jumps_under_load_every_wait_keeps_its_length_and_nothing_is_lost`.
//!
//! # When something fails
//!
//! The README's operations section says what an operator does; this section says how the code handles each failure.
//!
//! - *The journal cannot be written.* The [`recorder`](engine::parts::recorder) refuses external requests, keeps
//!   internal events, and continues paging; the failed file handle is never reused
//!   (`a_full_disk_refuses_what_is_new_and_pages_what_is_open`).
//! - *The disk hangs.* The journal has its own writer thread ([`engine::parts::writer`]), and the loop waits for it at
//!   most two seconds. After that the journal counts as failed, readiness turns red, and the heartbeat stops
//!   (`a_disk_that_hangs_stops_the_heartbeat_and_what_is_known_goes_on_being_paged`). External requests in that batch
//!   are [`late`](engine::batch::late): they are answered "not known yet" and carried out only once durable
//!   (`a_press_while_the_disk_hangs_for_18_seconds_is_what_its_page_said`).
//! - *The record's folder goes away.* Every batch checks that the folder and the segment are still in place
//!   ([`journal::place`]) before anything is answered. If the same record is put back, writing continues; no other is
//!   started (`a_record_that_is_moved_away_accepts_nothing_until_it_is_back`).
//! - *The journal's end is torn.* An incomplete batch was never answered, so it is truncated
//!   (`a_batch_that_was_cut_at_any_byte_is_cut_to_whole_records_and_the_journal_goes_on`).
//! - *The journal is damaged.* It is repaired from the store's copy if the hashes match
//!   (`a_damaged_journal_is_mended_from_the_store`), otherwise the start is refused with the place and the fix
//!   (`a_journal_that_the_store_cannot_mend_is_refused_and_left_alone`). A start reads only the last segment;
//!   [maintenance](maintenance::record) verifies the others after startup and every day, and repairs them the same way
//!   (`an_old_segment_is_mended_while_it_runs_and_told_where_it_cannot_be`).
//! - *The journal lacks what the store has.* [`store::start`] writes it back if the chain matches; otherwise the start
//!   is refused (`records_that_only_the_store_has_are_written_back_to_the_journal`). If both have lost the same
//!   records, only a head kept elsewhere, from `audit verify` or a backup, can show it.
//! - *The store is missing, damaged, full, or panics.* It is quarantined and rebuilt from the journal. Until then
//!   queries are not answered, and an event accepted earlier is refused rather than paged again
//!   (`full_again_and_again_under_load_nothing_answered_is_lost`), and everything else continues
//!   (`whatever_happens_to_its_files_the_answers_stay_the_same`,
//!   `a_full_disk_silences_the_store_alone_and_it_catches_up_when_there_is_space`).
//! - *A key is missing.* Without its master key the daemon seals under an ephemeral key, which is lost with the process
//!   unless the right key is provided first
//!   (`whatever_is_wrong_with_the_master_keys_file_it_pages_and_keeps_what_comes_in`); without the disk of the data
//!   keys it cannot seal, so it accepts nothing
//!   (`without_the_disk_of_its_keys_it_pages_what_is_open_and_seals_once_that_is_there`). Paging of open incidents
//!   continues either way.
//! - *A provider fails.* [`provider`] decides whether to retry; the person's next channel starts immediately
//!   (`a_temporary_failure_is_retried_and_starts_the_next_channel`). One attempt ends within the channel's `timeout`,
//!   limits the response's length, and counts as accepted only if the response says so
//!   (`a_mail_server_that_fails_at_any_moment_of_a_conversation_delays_no_text_and_gets_its_mail_at_last`,
//!   `a_gateway_that_answers_nonsense_slowly_or_without_end_costs_no_page_and_harms_no_other`). If no channel reaches
//!   someone, the next person is paged (`whom_no_channel_reaches_is_followed_at_once_and_delays_nobody`). When every
//!   channel is failing ([`engine::parts::channel_health`]), readiness turns red
//!   (`with_every_channel_failing_it_is_not_ready_and_says_why_until_pages_leave_again`).
//! - *Nobody reads the log.* It has its own thread; lines that do not fit are dropped and counted ([`cli::logging`],
//!   `a_log_that_nobody_reads_delays_no_page_and_no_end_and_readiness_says_so`).
//! - *The loop does not answer.* `/readyz`, the heartbeat, and the watchdog each probe it: readiness turns red, and
//!   systemd restarts the process
//!   (`a_loop_that_does_not_answer_is_not_ready_and_is_asked_once_however_many_want_to_know`).
//! - *A file is broken.* The previous plan stays
//!   (`an_edited_roster_holds_from_the_next_step_and_a_broken_one_changes_nothing`).
//! - *A file or a secret is broken when the daemon starts.* [`config::start::choose`] falls back: first to the
//!   journal's last plan with the current settings, then also to the copy of the settings kept beside the record
//!   ([`config::last_good`]); what needs a missing secret is off. The [fallback department is paged about
//!   it](engine::parts::configuration_fault). The start is refused only if no plan was ever recorded
//!   (`a_daemon_with_a_record_always_pages`, `a_wrong_key_in_an_unrelated_roster_and_a_restart_cost_no_page`,
//!   `where_there_was_never_a_plan_broken_files_are_refused_with_all_that_is_wrong`).
//! - *The record is another one.* A start that finds no record creates one. If there is evidence of an earlier one
//!   ([`daemon::new_record`]), it is logged, shown as a warning, and paged
//!   (`another_path_of_the_store_begins_a_new_record_and_everybody_is_told_of_the_one_before`).
//! - *The engine's thread ends.* The process ends too, and systemd restarts it: a daemon without its loop must not look
//!   alive (`a_daemon_without_its_loop_does_not_look_alive`).
//!
//! # What is deliberately absent
//!
//! No mutex around domain state: one task owns it. No scripts on pages. No work queue beside the journal: what remains
//! to be sent is part of an incident's state. No reliance on a single channel. No automatic replies.
//!
//! # Walkthrough: an incident at 2 a.m.
//!
//! 1. `POST /api/v1/incidents` reaches [`web`], which checks the token and every field, and calls the engine through
//!    its [`handle`](engine::handle::Handle).
//! 2. The loop ([`engine::run`]) takes all pending requests as one batch. A [pending batch](engine::batch::pending)
//!    looks up the `event_id` and the `dedup_key`, chooses the playbook, and lets
//!    [`open`](domain::escalation::open::open) decide: one track per department, each with its first step fired and its
//!    people selected by the [one rule](domain::roster::Roster::holder).
//! 3. The [`recorder`](engine::parts::recorder) has the events appended: one write, one `fdatasync` for the whole batch.
//! 4. The open incidents take the new states, the [send queue](engine::parts::send_queue) the pages that are due: one
//!    message per person, sent immediately unless they just had another one, with recipients taking turns. Then the
//!    source gets its 202, and the store its copy.
//! 5. An attempt's outcome comes back as an input. A failure starts the person's next channel immediately and is
//!    retried with growing pauses; if no channel reaches the person, the next step fires.
//! 6. When the step times out, the loop wakes and the decider fires the next step. Someone presses "I have it": the
//!    track stops, and the timeout for the first note starts.
//! 7. The process is killed in the middle of this. At startup, the store provides the open incidents as of its last
//!    batch, the journal's tail brings them up to date, pages that no provider had accepted get a new link when sent,
//!    and overdue steps fire one after the other.
//!
//! # Walkthrough: somebody signs in
//!
//! 1. [`web::session::sign_in`] looks the address up among the [people](domain::person) of all rosters and groups, and
//!    answers the same whether it is known. The code is in memory alone, for one browser, and goes out after every page
//!    that waits ([`engine::parts::access_queue`]).
//! 2. Entering it records that the person signed in, with the hash of the session's secret, in their
//!    [sessions](domain::session). The engine publishes the [live ones](engine::protocol::sessions), so that no request
//!    of a signed-in person waits for it.
//! 3. [`SignedIn`](web::session::signed_in::SignedIn) says on each request who it is and what the rosters and groups in
//!    force [allow](domain::permission). When a reload leaves the person in none of them, their sessions end.
//!
//! # Journal maintenance
//!
//! In the background, a thread [maintains the journal](maintenance::record): it compresses segments that are full
//! ([`journal::compress`]) and, once a day, removes those past the retention period, behind a checkpoint
//! ([`journal::prune`]); then the store is rebuilt ([`store::sled::compact`]) while it stays available. A backup
//! ([`journal::backup`]) is copied from the folder without the daemon, because any prefix that ends with a whole record
//! is consistent, and is restored completely or not at all ([`journal::restore`]). Each can be interrupted at any
//! point: `tests/keep/churn.rs` does so at random, and `tests/keep/killed.rs` at every call that changes a file.
//!
//! # Walkthrough: a roster edited at noon
//!
//! 1. The folder's watcher reports the change ([`daemon::watch`]), or, on a network share and behind a link, the comparison
//!    of all files finds it ([`daemon::poll`]); all files are reloaded ([`daemon::reload`]).
//! 2. If there is an error, the previous plan stays, `/readyz` warns with file, line, and column, and a metric counts
//!    it.
//! 3. If not, the engine gets the new plan and records the hash of every file, and the text of each that is not yet
//!    recorded ([`engine::parts::plan_ledger`]): `wardbell audit plan --at T` restores the files of any instant. No one
//!    is paged again; the next step of each open track uses the new roster. The incident keeps the playbook and ladder
//!    that it opened with.

pub mod domain;
pub mod diagnostic;
pub mod clock;
pub mod config;
pub mod journal;
pub mod vault;
pub mod store;
pub mod provider;
pub mod mock;
pub mod engine;
pub mod inbound;
pub mod web;
pub mod maintenance;
pub mod daemon;
pub mod cli;
