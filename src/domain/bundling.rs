//! Bundling: the minimum time between messages to one person over one channel.

use chrono::TimeDelta;

use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// The minimum time between two messages to one person over one channel (`[paging] bundle`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundling(Wait);

impl Bundling {
    /// The default: a person can read one message a minute, and carriers filter numbers that send faster.
    pub const DEFAULT: Self = Self(Wait::seconds(60));

    /// If the second message contains a critical page.
    const CRITICAL: Wait = Wait::seconds(10);

    /// A page that waited longer would arrive after the next step of many ladders.
    pub const LONGEST: Wait = Wait::minutes(5);

    /// `None` if longer than [`LONGEST`](Self::LONGEST).
    pub fn new(between: Wait) -> Option<Self> {
        (between <= Self::LONGEST).then_some(Self(between))
    }

    /// The longest time between two messages.
    pub fn longest(self) -> TimeDelta {
        self.0.delta()
    }

    /// The minimum time before a message whose most severe page has this severity.
    pub fn before(self, gravest: Severity) -> TimeDelta {
        let between = if gravest == Severity::Critical { self.0.min(Self::CRITICAL) } else { self.0 };
        between.delta()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_critical_page_waits_ten_seconds_at_most() {
        let seconds = |bundling: Bundling, severity| bundling.before(severity).num_seconds();
        assert_eq!(seconds(Bundling::DEFAULT, Severity::High), 60);
        assert_eq!(seconds(Bundling::DEFAULT, Severity::Critical), 10);
        let short = Bundling::new(Wait::seconds(5)).unwrap();
        assert_eq!((seconds(short, Severity::Low), seconds(short, Severity::Critical)), (5, 5));
        assert!(Bundling::new(Wait::minutes(6)).is_none());
    }
}
