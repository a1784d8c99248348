//! What is to be sent: a fair line for each channel, so that no storm, hanging recipient or slow provider delays others.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};

use crate::domain::escalation::delivery::Dispatch;
use crate::domain::id::PageId;
use crate::domain::roster::ChannelKind;

/// So many attempts are on their way at once over mail: as many connections as a small relay likes.
const EMAIL_AT_ONCE: usize = 16;

/// So many attempts are on their way at once over a gateway.
const SMS_AT_ONCE: usize = 64;

/// So many of them go to one recipient while there is room for others: once half of the places are taken, whoever has one
/// gets no other. Nine recipients that hang leave room for mail, and thirty-nine for texts.
const PER_RECIPIENT_AT_ONCE: usize = 4;

/// All that waits to be sent, and how much is on its way.
#[derive(Default)]
pub struct Outbox {
    lanes: HashMap<ChannelKind, Lane>,
}

/// One channel's line: recipients take turns, and each recipient's gravest page goes first; of these the one whose incident
/// has been paged least, so that the reminders of a storm hold up no new matter; of these the oldest.
#[derive(Default)]
struct Lane {
    turns: VecDeque<Box<str>>,
    waiting: HashMap<Box<str>, Recipient>,
    on_their_way: usize,
}

#[derive(Default)]
struct Recipient {
    line: VecDeque<Dispatch>,
    on_their_way: usize,
    has_turn: bool,
}

impl Outbox {
    /// Puts an attempt in its line.
    pub fn push(&mut self, dispatch: Dispatch) {
        let lane = self.lanes.entry(dispatch.channel).or_default();
        let recipient = lane.waiting.entry(dispatch.to.clone()).or_default();
        let rank = |one: &Dispatch| (one.severity, Reverse(one.page.number));
        let before = recipient.line.iter().rposition(|waiting| rank(waiting) >= rank(&dispatch));
        let to = dispatch.to.clone();
        recipient.line.insert(before.map_or(0, |position| position + 1), dispatch);
        lane.give_turn(&to);
    }

    /// The next attempt that may go now.
    pub fn pop(&mut self) -> Option<Dispatch> {
        ChannelKind::ALL.into_iter().find_map(|channel| self.lanes.get_mut(&channel)?.pop(at_once(channel)))
    }

    /// An attempt has ended and makes room.
    pub fn end(&mut self, channel: ChannelKind, to: &str) {
        let Some(lane) = self.lanes.get_mut(&channel) else { return };
        lane.on_their_way = lane.on_their_way.saturating_sub(1);
        if let Some(recipient) = lane.waiting.get_mut(to) {
            recipient.on_their_way = recipient.on_their_way.saturating_sub(1);
            if recipient.line.is_empty() && recipient.on_their_way == 0 {
                lane.waiting.remove(to);
            } else {
                lane.give_turn(to);
            }
        }
    }

    /// How many attempts are on their way.
    pub fn on_their_way(&self) -> usize {
        self.lanes.values().map(|lane| lane.on_their_way).sum()
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.lanes.values().flat_map(|lane| lane.waiting.values()).map(|recipient| recipient.line.len()).sum()
    }

    /// Takes everything that waits, as when the daemon ends: it is sent after the next start.
    pub fn clear(&mut self) -> Vec<(PageId, ChannelKind)> {
        let recipients = self.lanes.values_mut().flat_map(|lane| lane.waiting.values_mut());
        recipients.flat_map(|recipient| recipient.line.drain(..)).map(|one| (one.page, one.channel)).collect()
    }
}

impl Lane {
    fn give_turn(&mut self, to: &str) {
        let Some(recipient) = self.waiting.get_mut(to) else { return };
        let may_send = !recipient.line.is_empty() && recipient.on_their_way < PER_RECIPIENT_AT_ONCE;
        if may_send && !recipient.has_turn {
            recipient.has_turn = true;
            self.turns.push_back(to.into());
        }
    }

    fn pop(&mut self, at_once: usize) -> Option<Dispatch> {
        if self.on_their_way >= at_once {
            return None;
        }
        let each = if self.on_their_way < at_once / 2 { PER_RECIPIENT_AT_ONCE } else { 1 };
        let mut turns = self.turns.iter();
        let to = turns.position(|to| self.waiting.get(to).is_none_or(|recipient| recipient.on_their_way < each))?;
        let to = self.turns.remove(to)?;
        let recipient = self.waiting.get_mut(&to)?;
        recipient.has_turn = false;
        let dispatch = recipient.line.pop_front()?;
        recipient.on_their_way += 1;
        self.on_their_way += 1;
        self.give_turn(&to);
        Some(dispatch)
    }
}

fn at_once(channel: ChannelKind) -> usize {
    match channel {
        ChannelKind::Email => EMAIL_AT_ONCE,
        ChannelKind::Sms => SMS_AT_ONCE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::IncidentId;
    use crate::domain::severity::Severity;

    fn dispatch(number: u32, to: &str, severity: Severity) -> Dispatch {
        let page = PageId { incident: IncidentId::from_random(1), number };
        Dispatch { page, channel: ChannelKind::Sms, to: to.into(), severity }
    }

    #[test]
    fn recipients_take_turns_and_a_storm_leaves_room() {
        let mut outbox = Outbox::default();
        (0..500).for_each(|number| outbox.push(dispatch(number, "a", Severity::Low)));
        outbox.push(dispatch(900, "b", Severity::Low));
        let sent: Vec<u32> = std::iter::from_fn(|| outbox.pop()).map(|dispatch| dispatch.page.number).collect();
        assert_eq!(sent, [0, 900, 1, 2, 3]);
        outbox.end(ChannelKind::Sms, "a");
        assert_eq!(outbox.pop().map(|dispatch| dispatch.page.number), Some(4));
        assert_eq!((outbox.on_their_way(), outbox.waiting()), (5, 495));
    }

    #[test]
    fn nine_whose_mail_hangs_delay_nobody() {
        let mut outbox = Outbox::default();
        let mail = |number, to: &str| Dispatch { channel: ChannelKind::Email, ..dispatch(number, to, Severity::High) };
        for hanging in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
            (0..9).for_each(|number| outbox.push(mail(number, hanging)));
            while outbox.pop().is_some() {}
        }
        outbox.push(mail(900, "j"));
        assert_eq!(outbox.pop().map(|dispatch| dispatch.page.number), Some(900));
        // Whoever hangs no longer goes on.
        outbox.end(ChannelKind::Email, "i");
        assert_eq!(outbox.pop().map(|dispatch| dispatch.to), Some("i".into()));
    }

    #[test]
    fn a_new_matter_goes_before_the_reminders_of_others() {
        let mut outbox = Outbox::default();
        (7..40).for_each(|number| outbox.push(dispatch(number, "a", Severity::High)));
        let new = PageId { incident: IncidentId::from_random(2), number: 1 };
        outbox.push(Dispatch { page: new, ..dispatch(1, "a", Severity::High) });
        outbox.push(dispatch(3, "a", Severity::Low));
        assert_eq!(outbox.pop().map(|dispatch| dispatch.page), Some(new));
        assert_eq!(outbox.pop().map(|dispatch| dispatch.page.number), Some(7));
    }

    #[test]
    fn the_gravest_goes_first_and_the_oldest_of_them() {
        let mut outbox = Outbox::default();
        for (number, severity) in
            [(1, Severity::Low), (2, Severity::Critical), (3, Severity::High), (4, Severity::Critical)]
        {
            outbox.push(dispatch(number, "a", severity));
        }
        let sent: Vec<u32> = std::iter::from_fn(|| outbox.pop()).map(|dispatch| dispatch.page.number).collect();
        assert_eq!(sent, [2, 4, 3, 1]);
    }
}
