//! Black-box tests: the real binary, a real mail server, a gateway over HTTP, and judgement by what arrives.
//!
//! Each story writes its files into a folder of its own, starts its own daemon, and lists the pages that must come. Any
//! page that a story does not list fails it, content and time included.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[macro_use]
mod telling;

mod daemon;
mod hints;
#[allow(dead_code, reason = "the rest of it is used by the stories of `fire`")]
mod hospital;
mod judge;
#[allow(dead_code, reason = "the rest of it is used by the stories under fire")]
mod mounts;
mod open_form;
mod pace;
mod plan;
mod story;
#[allow(dead_code, unused_imports, reason = "each of the programs that include it uses a part of it")]
#[path = "../support/mod.rs"]
mod support;
mod tools;

mod again;
mod api;
mod backup;
mod broken_files;
mod browser;
mod bundling;
mod channels;
mod clock;
mod command_line;
mod compact;
mod crash;
mod diff;
mod disk;
mod duplicates;
mod edges;
mod encryption;
mod front_door;
mod hand_over;
mod housekeeping;
mod links;
mod logs;
mod new_record;
mod numbers;
mod one_incident;
mod owed;
mod own_page;
mod people;
mod person_edits;
mod place;
mod privacy;
mod ready;
mod reload;
mod reopen;
mod retention;
mod roster_edits;
mod sign_in;
mod statements;
mod strict;
mod unread;
mod watcher;
mod windows;
mod zones;

use libtest_mimic::Arguments;

/// So many stories at once: they wait for most of their time.
const AT_ONCE: usize = 12;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    if std::env::var_os(again::MADE_UP).is_some() {
        telling::tell_all(&arguments, &again::made_up());
    }
    let stories = stories![
        api::whatever_is_asked_of_the_api_it_answers_as_it_is_described,
        browser::people_find_their_way_in_a_real_browser,
        one_incident::the_primary_of_each_department_is_paged_at_once_and_nobody_else,
        one_incident::steps_come_on_time_and_once,
        one_incident::a_ladder_that_begins_later_pages_nobody_before,
        one_incident::a_ladder_is_climbed_again_as_often_as_it_says,
        one_incident::an_acknowledgement_one_second_before_a_step_leaves_nothing_more,
        one_incident::an_acknowledgement_stops_its_own_track_alone,
        one_incident::a_decline_pages_the_next_person_at_once,
        one_incident::acknowledged_and_forgotten_is_paged_again,
        one_incident::who_has_it_and_is_primary_is_reminded_by_one_page_until_it_is_resolved,
        hand_over::whoever_has_it_hands_it_over_and_has_it_until_it_is_taken,
        hand_over::an_operator_hands_it_over_and_whoever_takes_it_has_it,
        statements::two_departments_approve_and_a_comma_makes_a_version_that_nobody_has_approved,
        statements::whoever_is_silent_is_followed_by_the_next_and_nobody_approves_their_own_words,
        statements::of_two_who_write_at_once_neither_loses_a_word,
        open_form::a_report_at_the_secret_link_pages_once_and_gets_a_reference_alone,
        owed::what_is_owed_is_asked_for_until_it_is_done_also_after_the_resolution_and_a_crash,
        reopen::what_is_reopened_is_paged_anew_and_its_earlier_link_says_so,
        one_incident::a_step_that_finds_nobody_is_followed_at_once,
        one_incident::an_empty_roster_pages_those_it_escalates_to,
        one_incident::at_last_the_fallback_department_is_paged,
        one_incident::an_involved_liaison_and_a_shared_contact_are_passed_over,
        links::looking_changes_nothing_and_a_press_acknowledges_once,
        links::a_press_from_another_site_or_of_a_browser_that_loads_ahead_changes_nothing,
        links::of_many_presses_at_once_one_counts,
        links::a_browser_that_runs_scripts_and_follows_every_link_changes_nothing,
        links::a_token_that_is_wrong_changed_or_of_another_page_is_refused,
        links::after_the_resolution_a_link_says_that_it_is_over,
        links::a_press_right_after_the_resolution_is_never_called_recorded,
        bundling::three_departments_that_find_one_person_send_one_message_and_one_press_takes_all_three,
        bundling::five_hundred_matters_for_one_person_are_a_message_each_bundling_time_and_all_on_the_list,
        bundling::a_critical_page_in_a_storm_comes_within_ten_seconds,
        bundling::a_link_of_somebody_whose_id_was_given_to_another_person_does_not_list_that_persons_pages,
        bundling::what_waits_beside_a_critical_page_that_is_answered_meanwhile_waits_for_its_own_time,
        bundling::drills_are_never_in_a_message_with_what_is_real,
        bundling::killed_while_pages_wait_for_their_message_they_come_as_one_after_the_restart,
        bundling::what_is_answered_while_its_message_is_on_its_way_is_not_asked_for_behind_the_link,
        bundling::a_channel_that_fails_and_works_again_brings_few_messages_with_everything,
        front_door::an_incident_with_something_odd_that_routes_nothing_is_accepted_and_paged,
        front_door::a_full_name_names_somebody_as_involved_and_a_name_of_nobody_is_a_warning,
        front_door::an_operator_hands_in_incidents_in_their_own_name,
        front_door::a_source_that_is_strict_is_told_of_what_would_be_cleaned,
        people::whoever_has_it_and_cannot_be_reached_is_followed_by_the_backup_and_then_the_ladder,
        people::a_reminder_that_cannot_leave_is_not_waited_for_longer_than_act_within,
        people::where_everybody_is_involved_somebody_is_paged_all_the_same_and_hands_it_over,
        people::a_repeat_that_names_everybody_leaves_the_last_resort_and_neutral_pages,
        people::whoever_is_in_no_roster_any_more_is_refused_and_paging_goes_on,
        people::one_link_pressed_to_and_fro_thirty_times_sends_one_message,
        people::only_a_note_of_the_holder_or_of_an_operator_for_the_department_ends_reminders,
        duplicates::the_same_event_twice_is_one_incident_and_one_answer,
        duplicates::five_hundred_posts_of_one_matter_are_one_incident_and_one_round_of_pages,
        duplicates::a_repeat_that_lifts_the_severity_climbs_the_new_ladder_once,
        duplicates::a_graver_repeat_pages_its_playbooks_departments,
        duplicates::a_graver_repeat_pages_anew_after_an_acknowledgement,
        duplicates::ever_new_names_of_the_involved_delay_no_step_of_others,
        duplicates::a_storm_that_climbs_delays_no_step_of_others,
        duplicates::a_storm_for_one_department_delays_no_other,
        channels::a_mail_server_that_is_busy_is_tried_again_with_growing_pauses,
        channels::a_refused_mail_is_not_tried_again_and_the_next_channel_comes_at_once,
        channels::a_page_that_one_channel_took_is_not_unsent_while_another_waits,
        channels::a_refused_text_is_not_tried_again_and_the_next_channel_comes_at_once,
        numbers::a_page_that_the_first_number_refuses_is_at_the_second_at_once,
        numbers::where_both_numbers_refuse_the_mail_comes_at_once,
        numbers::whom_neither_number_reaches_is_followed_by_the_next_person_at_once,
        numbers::killed_between_two_numbers_the_second_is_tried_and_not_the_first_again,
        channels::whom_no_channel_reaches_is_followed_at_once_and_delays_nobody,
        channels::without_root_certificates_it_starts_and_pages_by_the_channel_that_needs_none,
        channels::a_gateway_that_says_failed_or_gives_no_id_is_not_believed,
        channels::a_gateway_that_hangs_delays_nobody_else,
        channels::a_gateway_that_hangs_for_all_leaves_mail_to_all,
        channels::a_mail_server_that_is_down_loses_nothing,
        channels::a_gateway_that_is_down_loses_nothing,
        crash::killed_between_acceptance_and_record_a_page_comes_at_most_twice_with_one_id,
        crash::a_lost_answer_of_a_provider_costs_one_duplicate_with_the_same_id,
        crash::killed_before_sending_a_page_is_sent_after_the_restart,
        crash::killed_at_any_moment_an_accepted_incident_is_paged,
        crash::overdue_steps_are_caught_up_in_order_at_their_own_distance,
        crash::a_deleted_store_is_built_again_from_the_record,
        crash::after_a_downtime_nobody_is_paged_twice_at_once_for_one_incident,
        clock::an_hour_ahead_changes_no_wait_and_the_roster_follows_the_wall_clock,
        clock::a_jump_that_nothing_followed_is_known_after_a_crash,
        clock::started_again_with_a_clock_an_hour_back_the_steps_come_all_the_same,
        clock::an_hour_back_changes_no_wait,
        edges::oncall_schedule_and_route_agree_at_the_edges_of_an_override_to_the_second,
        edges::the_page_that_arrives_goes_to_whom_oncall_names_at_the_edges_of_an_override,
        disk::a_full_disk_refuses_what_is_new_and_pages_what_is_open,
        disk::started_again_on_a_read_only_disk_it_goes_on_paging,
        disk::started_again_on_a_full_disk_it_goes_on_paging,
        disk::on_a_full_disk_a_new_roster_holds_at_once_and_is_recorded_when_there_is_room,
        disk::a_disk_that_hangs_stops_the_heartbeat_and_what_is_known_goes_on_being_paged,
        disk::a_press_while_the_disk_hangs_for_18_seconds_is_what_its_page_said,
        disk::what_was_refused_while_the_disk_hung_for_35_seconds_is_never_done,
        place::a_record_that_is_moved_away_accepts_nothing_until_it_is_back,
        place::a_disk_that_is_unmounted_under_the_record_accepts_nothing_until_it_is_mounted,
        place::a_record_that_is_deleted_accepts_nothing_and_comes_back_from_its_store,
        place::a_folder_where_the_lock_should_be_keeps_no_daemon_from_its_record,
        place::a_lock_that_is_deleted_lets_no_second_daemon_in,
        disk::a_disk_that_turns_read_only_refuses_what_is_new_and_pages_what_is_open,
        logs::a_log_that_nobody_reads_delays_no_page_and_no_end_and_readiness_says_so,
        logs::the_log_tells_the_life_of_an_incident_in_sentences,
        logs::strangers_cannot_fill_the_log_with_wrong_links_and_tokens,
        unread::callers_that_never_read_their_answers_are_cut_and_delay_no_page,
        unread::unfinished_bodies_of_one_source_take_no_place_of_another_and_delay_no_page,
        ready::with_every_channel_failing_it_is_not_ready_and_says_why_until_pages_leave_again,
        ready::somebody_whom_no_channel_reaches_is_named_and_no_channel_is_blamed,
        privacy::what_a_source_wrote_is_in_no_page_log_metric_or_error,
        encryption::what_is_protected_is_in_no_byte_of_the_disk_and_in_no_log,
        encryption::a_purge_destroys_the_words_in_every_copy_and_nothing_else,
        encryption::what_was_recorded_in_plain_words_is_not_called_purged,
        encryption::the_master_key_changes_under_load,
        encryption::without_its_master_key_everything_else_goes_on,
        encryption::without_the_disk_of_its_keys_it_pages_what_is_open_and_seals_once_that_is_there,
        encryption::whatever_is_wrong_with_the_master_keys_file_it_pages_and_keeps_what_comes_in,
        encryption::what_root_makes_in_the_daemons_folder_belongs_to_the_daemon,
        encryption::lost_data_keys_are_told_of_and_come_back_with_their_copy,
        encryption::a_disk_without_room_for_keys_refuses_what_is_new_and_pages_what_is_open,
        encryption::killed_between_a_key_and_its_record_it_starts_and_nothing_is_lost,
        encryption::an_export_is_verified_by_anybody_and_opened_by_the_holder_of_the_key,
        housekeeping::a_second_daemon_on_the_same_folder_is_told_so,
        housekeeping::told_to_end_it_finishes_what_is_on_its_way_and_goes_on_later,
        housekeeping::told_to_end_it_does_not_wait_for_a_gateway_that_hangs,
        housekeeping::told_to_end_while_callers_and_providers_hang_it_ends_before_systemd_kills_it,
        housekeeping::many_lines_are_answered_each_and_a_bad_one_stops_none,
        housekeeping::without_the_right_token_nothing_is_told_and_nothing_is_done,
        housekeeping::an_incident_comes_out_as_the_contract_says,
        housekeeping::an_edited_roster_holds_from_the_next_step_and_a_broken_one_changes_nothing,
        backup::under_load_a_backup_holds_every_incident_answered_before_and_another_house_goes_on_from_it,
        backup::a_backup_goes_through_a_pipe_and_a_bad_one_is_refused,
        backup::a_small_archive_that_unpacks_to_much_is_refused_in_little_memory,
        backup::two_backups_to_one_file_at_once_leave_a_whole_one_for_its_owner_alone,
        compact::while_the_store_is_rebuilt_it_answers_within_a_second_and_steps_come_on_time,
        retention::a_clock_that_is_far_ahead_of_the_record_removes_nothing,
        retention::what_is_older_than_six_years_goes_while_people_are_paged_and_the_rest_proves_itself,
        reload::a_folder_that_was_replaced_holds_and_is_followed_on,
        reload::policies_and_the_lists_of_the_privacy_reading_are_followed_and_recorded,
        reload::a_hole_in_the_duty_is_told_as_soon_as_its_file_is_saved,
        reload::folders_elsewhere_are_followed_when_they_are_replaced_and_when_a_link_to_them_is_turned,
        reload::a_roster_behind_a_link_to_a_single_file_is_followed,
        reload::a_channel_that_is_added_is_used_from_the_next_start_and_delays_nobody_before,
        reload::a_secret_that_is_not_at_hand_yet_keeps_no_roster_back_and_is_warned_of,
        reload::many_files_at_once_are_one_change_and_an_editors_rename_is_one_too,
        reload::a_department_taken_away_while_an_incident_climbs_in_it_is_answered_by_the_fallback,
        reload::a_liaison_taken_away_who_has_it_is_followed_by_today_s_primary,
        reload::files_on_a_disk_that_does_not_answer_hold_up_no_page_and_are_warned_of,
        reload::told_to_end_while_the_files_disk_does_not_answer_it_ends_in_time,
        reload::an_operator_reloads_and_hears_what_is_wrong,
        reload::what_counts_from_the_next_start_alone_is_not_taken_for_in_force,
        reload::check_and_reload_report_the_same_and_a_gap_keeps_no_roster_back,
        reload::the_record_brings_back_every_plan_letter_by_letter,
        broken_files::a_wrong_key_in_an_unrelated_roster_and_a_restart_cost_no_page,
        broken_files::a_stray_copy_and_a_restart_are_nothing_but_a_warning,
        broken_files::the_rosters_are_gone_and_a_restart_costs_no_page,
        broken_files::a_playbook_that_was_cut_off_and_a_restart_cost_no_page,
        broken_files::settings_that_are_not_toml_and_a_restart_cost_no_page,
        broken_files::a_typo_in_the_settings_and_a_restart_cost_no_page,
        broken_files::an_address_that_is_not_this_machines_and_a_restart_cost_no_page,
        broken_files::with_its_whole_folder_gone_and_restarted_it_pages_on,
        broken_files::without_a_providers_secret_pages_go_by_the_other_channel,
        broken_files::without_its_token_a_source_alone_is_refused_and_so_is_an_operator,
        broken_files::where_there_was_never_a_plan_broken_files_are_refused_with_all_that_is_wrong,
        broken_files::a_copy_of_the_settings_that_cannot_be_kept_is_warned_of_until_it_can,
        new_record::another_path_of_the_store_begins_a_new_record_and_everybody_is_told_of_the_one_before,
        new_record::a_record_that_is_gone_at_a_start_is_missed,
        new_record::a_record_that_another_daemon_serves_is_not_taken_for_ones_own,
        command_line::an_operator_works_from_a_shell,
        command_line::what_turns_text_is_shown_as_its_number_and_names_are_escaped_in_calendars,
        command_line::wrong_usage_and_unusable_files_are_told_apart,
        command_line::a_schema_is_printed_as_it_is_shipped,
        command_line::the_manual_has_every_page_that_it_names,
        command_line::check_names_every_mistake_and_its_place,
        command_line::a_record_that_was_changed_does_not_verify,
        hints::a_configuration_that_is_not_there_is_said_to_be_missing,
        hints::a_record_that_is_torn_or_empty_is_not_told_as_whole_and_no_more,
        hints::a_bad_backup_is_named_and_an_interrupted_restore_is_done_again,
        roster_edits::an_override_is_added_and_taken_out_and_every_other_byte_stays,
        roster_edits::a_member_of_the_group_edits_what_root_owns_and_the_group_reads_it_on,
        roster_edits::an_absence_is_added_and_what_makes_no_sense_is_refused,
        roster_edits::an_override_from_the_shell_holds_for_the_next_incident,
        roster_edits::the_override_that_counts_is_the_one_that_ends,
        roster_edits::an_absence_is_told_where_it_still_matters,
        roster_edits::an_absence_ends_early_and_one_to_come_is_removed,
        roster_edits::two_people_swap_their_shifts_of_a_day,
        roster_edits::a_month_is_imported_whole_or_not_at_all_and_once,
        person_edits::a_person_is_added_to_a_roster_and_to_the_people_of_several,
        person_edits::whoever_is_removed_is_named_where_a_group_gives_permissions,
        person_edits::a_person_is_removed_from_everything_and_a_gap_needs_consent,
        person_edits::what_goes_on_after_the_time_that_is_shown_is_said_to,
        person_edits::edits_need_no_secret_and_say_nothing_of_them,
        diff::two_folders_are_compared,
        diff::a_revision_is_compared_with_the_files_that_are_there,
        diff::links_inside_the_repository_are_followed_in_a_revision_too,
        diff::what_is_no_version_is_refused_with_its_cure,
        zones::an_update_of_the_machine_s_time_zones_holds_from_the_next_page_on,
        zones::two_pinned_releases_of_the_tz_database_are_swapped_while_the_daemon_runs,
        windows::a_window_s_edges_are_the_same_to_the_second_in_every_answer_and_in_real_pages_across_a_clock_change,
        windows::a_person_who_is_written_once_is_paged_by_every_roster_and_changes_in_all_of_them_at_once,
        watcher::while_it_pages_it_calls_its_watcher_and_stops_when_every_channel_fails,
        watcher::a_silent_source_pages_the_fallback_department_once_and_says_when_it_is_heard_again,
        watcher::every_metric_of_the_alerts_is_exported,
        watcher::every_day_each_channel_is_tested_once_and_again_when_somebody_asks,
        watcher::a_daily_test_that_fails_pages_the_fallback_department,
        again::a_story_that_failed_is_told_once_more_alone_and_one_that_fails_twice_fails_the_run,
        own_page::what_last_reached_a_person_is_on_their_page_and_a_test_pages_nobody,
        sign_in::ten_people_sign_in_with_their_own_code_and_with_no_other,
        sign_in::a_session_lasts_across_a_restart_and_ends_with_its_person_s_entry,
        sign_in::a_link_alone_shows_nothing_and_the_code_of_another_contact_what_was_posted,
        sign_in::killed_right_after_an_answer_its_showing_is_on_the_record,
        sign_in::killed_while_it_shows_something_no_byte_leaves_that_is_not_on_the_record,
        sign_in::while_nothing_can_be_recorded_nobody_signs_in_and_nothing_is_shown_and_paging_goes_on,
        sign_in::a_clock_that_is_set_ahead_signs_nobody_out,
        sign_in::an_emergency_code_signs_in_once_and_everybody_who_audits_is_told,
        strict::the_judge_finds_what_was_not_listed_what_is_missing_late_or_says_something_else,
    ];
    telling::tell_all(&arguments, &stories);
}
