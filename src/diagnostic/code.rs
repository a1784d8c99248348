//! The kinds of mistakes, each with a word that scripts may hold on to.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $word:literal;)*) => {
        /// What kind of mistake it is. The words are stable: scripts may hold on to them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All of them.
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
    /// Two playbooks answer the same incident with as many conditions.
    AmbiguousPlaybook "ambiguous-playbook";
    /// Somebody is away by one roster and on call by another.
    AwayElsewhere "away-elsewhere";
    /// Somebody is away and nobody is named to stand in.
    AwayWithoutCover "away-without-cover";
    /// A number that nobody can be reached at.
    BadPhoneNumber "bad-phone-number";
    /// A value that cannot be meant.
    BadValue "bad-value";
    /// At some time nobody holds a role.
    CoverageGap "coverage-gap";
    /// A name that is taken.
    DuplicateId "duplicate-id";
    /// A key that is given twice.
    DuplicateKey "duplicate-key";
    /// Data keys are there, and nothing is sealed any more.
    EncryptionOff "encryption-off";
    /// A time zone whose clocks are never changed, where people mean one whose are.
    FixedClock "fixed-clock";
    /// Departments that name each other in a circle under `escalate_to`.
    EscalationCircle "escalation-circle";
    /// The rules of time zones are of more than a year ago.
    OldTimeZones "old-time-zones";
    /// Two releases of the rules of time zones give a zone different times.
    TimeZonesDiffer "time-zones-differ";
    /// Larger, longer or more than a limit allows.
    OverLimit "over-limit";
    /// A ladder for what is critical or high whose first step is not at once.
    LateFirstStep "late-first-step";
    /// A key that must be there is not.
    MissingKey "missing-key";
    /// A secret's file is not there, is empty, or holds too little.
    MissingSecret "missing-secret";
    /// There is no playbook for what no other playbook answers.
    MissingUnclassified "missing-unclassified";
    /// There is no master key to seal with.
    NoMasterKey "no-master-key";
    /// No channel that is set up reaches somebody.
    NoChannel "no-channel";
    /// A person without any address.
    NoContact "no-contact";
    /// However long nobody answers, a ladder pages only one person's places.
    OnePerson "one-person";
    /// However long nobody answers, a ladder pages nobody of another department.
    OneDepartment "one-department";
    /// A secret's file that everybody on the machine may read or change.
    OpenSecret "open-secret";
    /// A person on call whom only one channel reaches.
    OneChannel "one-channel";
    /// Two overrides of a role cover the same time.
    OverlappingOverrides "overlapping-overrides";
    /// A page would not fit one text message.
    PageTooLong "page-too-long";
    /// An override that is over.
    PastOverride "past-override";
    /// At some time one person is primary and backup.
    PrimaryIsBackup "primary-is-backup";
    /// Somebody should have looked the file over by now.
    ReviewOverdue "review-overdue";
    /// Somebody should look the file over within the month.
    ReviewSoon "review-soon";
    /// The record is kept for less than six years.
    ShortRetention "short-retention";
    /// A page to one person rings at another's as well.
    SharedContact "shared-contact";
    /// A token that another caller has already.
    SharedToken "shared-token";
    /// An address at a carrier's mail-to-SMS gateway: these are shut or closing.
    SmsGatewayAddress "sms-gateway-address";
    /// A number without the day its owner agreed to messages.
    SmsWithoutConsent "sms-without-consent";
    /// A copy of another file that lies beside it and counts for nothing.
    StrayCopy "stray-copy";
    /// The file is not TOML.
    Syntax "syntax";
    /// A class that no playbook answers.
    UnknownClass "unknown-class";
    /// A department without a roster.
    UnknownDepartment "unknown-department";
    /// A key that means nothing here.
    UnknownKey "unknown-key";
    /// A ladder that is not in `ladders.toml`.
    UnknownLadder "unknown-ladder";
    /// A person who is not in the roster.
    UnknownLiaison "unknown-liaison";
    /// A role that nobody is ever given, or that no ladder pages.
    UnknownRole "unknown-role";
    /// A file or folder that cannot be read.
    UnreadableFile "unreadable-file";
    /// A ladder that no playbook and no severity climbs.
    UnusedLadder "unused-ladder";
    /// A person whom nothing names.
    UnusedLiaison "unused-liaison";
    /// Something that can never come to pass.
    NeverHolds "never-holds";
    /// A step of a ladder that can never page anybody.
    NeverFires "never-fires";
    /// A secret that this account may not read, or that systemd may hand to the daemon alone.
    UnreadSecret "unread-secret";
    /// The file's name and what stands in it differ.
    WrongFileName "wrong-file-name";
}

impl Code {
    /// Whether a secret is not at hand or cannot be used: planning needs none, and a daemon with a record starts without it.
    pub fn is_of_secret(self) -> bool {
        matches!(self, Self::MissingSecret | Self::UnreadSecret | Self::SharedToken | Self::NoMasterKey)
    }

    /// Whether the daemon starts all the same, also for the first time.
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
