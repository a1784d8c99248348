//! Diagnostic codes, each with a stable word for scripts.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $word:literal;)*) => {
        /// The kind of a diagnostic. The words are stable, so scripts may rely on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word for people and scripts.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

codes! {
    /// Two playbooks match the same incident equally well.
    AmbiguousPlaybook "ambiguous-playbook";
    /// Someone is away in one roster and on call in another.
    AwayElsewhere "away-elsewhere";
    /// Someone is away and no one covers.
    AwayWithoutCover "away-without-cover";
    /// An unusable phone number.
    BadPhoneNumber "bad-phone-number";
    /// An invalid value.
    BadValue "bad-value";
    /// A person whose every contact is also another person's.
    CannotSignIn "cannot-sign-in";
    /// At some time no one is on call for a role.
    CoverageGap "coverage-gap";
    /// A name that is already in use.
    DuplicateId "duplicate-id";
    /// A key that occurs twice.
    DuplicateKey "duplicate-key";
    /// A group to which no one belongs.
    EmptyGroup "empty-group";
    /// There are data keys, but encryption is off.
    EncryptionOff "encryption-off";
    /// A time zone without daylight saving time that is probably not meant.
    FixedClock "fixed-clock";
    /// Departments that escalate to one another in a cycle.
    EscalationCircle "escalation-circle";
    /// Time zone rules more than a year old.
    OldTimeZones "old-time-zones";
    /// Leave that starts or ends more than a year from now.
    DistantLeave "distant-leave";
    /// Someone is primary in two departments at once.
    DoubleDuty "double-duty";
    /// Two releases of the time zone rules differ for a zone in use.
    TimeZonesDiffer "time-zones-differ";
    /// A limit is exceeded.
    OverLimit "over-limit";
    /// A ladder for critical or high incidents whose first step is not immediate.
    LateFirstStep "late-first-step";
    /// A rotation with a `handoff` that is not at the start of its window.
    MisplacedHandoff "misplaced-handoff";
    /// A required key is missing.
    MissingKey "missing-key";
    /// A secret file that is missing, empty, or too short.
    MissingSecret "missing-secret";
    /// No playbook for incidents that no other playbook matches.
    MissingUnclassified "missing-unclassified";
    /// The master key is missing.
    NoMasterKey "no-master-key";
    /// Someone has no contact for a configured channel.
    NoChannel "no-channel";
    /// There are groups, and no one audits access.
    NobodyAudits "nobody-audits";
    /// A statement that nobody approves and that is not approved in advance.
    NoApprover "no-approver";
    /// A person without contacts.
    NoContact "no-contact";
    /// A ladder that only ever pages one person.
    OnePerson "one-person";
    /// A ladder that never pages another department.
    OneDepartment "one-department";
    /// A secret file that everyone on the machine may read or change.
    OpenSecret "open-secret";
    /// A person on call with only one usable channel.
    OneChannel "one-channel";
    /// Someone is on call as primary for more than half of all hours.
    Overloaded "overloaded";
    /// An override for someone who is on leave then.
    OverrideOnLeave "override-on-leave";
    /// Overlapping overrides of a role.
    OverlappingOverrides "overlapping-overrides";
    /// A page would not fit in one text message.
    PageTooLong "page-too-long";
    /// Leave that ended in a past year.
    PastLeave "past-leave";
    /// An override that has ended.
    PastOverride "past-override";
    /// At some time one person is both primary and backup.
    PrimaryIsBackup "primary-is-backup";
    /// A review is overdue.
    ReviewOverdue "review-overdue";
    /// A review is due within a month.
    ReviewSoon "review-soon";
    /// The record is kept for less than six years.
    ShortRetention "short-retention";
    /// People who share a contact.
    SharedContact "shared-contact";
    /// A token that another caller already uses.
    SharedToken "shared-token";
    /// An address at a carrier's email-to-SMS gateway; these are being shut down.
    SmsGatewayAddress "sms-gateway-address";
    /// A phone number without the date of its owner's consent.
    SmsWithoutConsent "sms-without-consent";
    /// A copy of another file that is ignored.
    StrayCopy "stray-copy";
    /// The file is not TOML.
    Syntax "syntax";
    /// A class without a playbook.
    UnknownClass "unknown-class";
    /// A department without a roster.
    UnknownDepartment "unknown-department";
    /// An unknown key.
    UnknownKey "unknown-key";
    /// A ladder that is not in `ladders.toml`.
    UnknownLadder "unknown-ladder";
    /// A person who is not in the roster.
    UnknownLiaison "unknown-liaison";
    /// A policy without a file.
    UnknownPolicy "unknown-policy";
    /// A role that no one ever has, or that no ladder pages.
    UnknownRole "unknown-role";
    /// A window that is not in the roster.
    UnknownWindow "unknown-window";
    /// A file or folder that cannot be read.
    UnreadableFile "unreadable-file";
    /// A ladder that no playbook and no severity uses.
    UnusedLadder "unused-ladder";
    /// A window that no rotation uses.
    UnusedWindow "unused-window";
    /// A person who is never on call.
    UnusedLiaison "unused-liaison";
    /// Something that can never happen.
    NeverHolds "never-holds";
    /// A step of a ladder that can never page anyone.
    NeverFires "never-fires";
    /// A secret that this account may not read, or that systemd passes only to the daemon.
    UnreadSecret "unread-secret";
    /// The file name does not match the contents.
    WrongFileName "wrong-file-name";
}

impl Code {
    /// Whether it is about a missing or unusable secret. Planning needs no secrets, and a daemon with a record starts without
    /// them.
    pub fn is_of_secret(self) -> bool {
        matches!(self, Self::MissingSecret | Self::UnreadSecret | Self::SharedToken | Self::NoMasterKey)
    }

    /// Whether the daemon starts anyway, even for the first time.
    pub fn hinders_no_start(self) -> bool {
        self == Self::NoMasterKey
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.word())
    }
}
