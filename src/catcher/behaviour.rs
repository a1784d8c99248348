//! How a server treats a recipient: well, or as badly as real providers do on their worst days.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What happens to a message. Chosen anew for each attempt, so a change holds from the next one on.
#[derive(Debug, Clone, PartialEq)]
pub enum Behaviour {
    Accept,
    /// Mail is answered with an error and not kept; text messages are accepted.
    RejectMail(MailRefusal),
    /// Text messages are answered with an error and not kept; mail is accepted.
    RejectSms(SmsRefusal),
    /// Kept at once and answered after this long. A client that gives up sooner has sent it all the same.
    Slow(Duration),
    /// Read to its end, not kept, never answered; the connection stays open until the client or the server ends.
    Hang,
    /// Read to its end, not kept; the connection is closed instead of an answer.
    Drop,
    /// Kept; the connection is closed instead of an answer, so that the client must send again.
    AcceptThenDrop,
    /// The inner one for so many attempts, then `Accept`. Counted over all that it is set for.
    FailTimes(u32, Box<Behaviour>),
}

/// An SMTP error reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRefusal {
    pub at: Stage,
    /// 400 to 599; after 421 the connection is closed, as RFC 5321 (3.8) has it.
    pub code: u16,
    pub text: String,
}

/// The moment of an SMTP transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The reply to `MAIL FROM`. No recipient is known then: set for one recipient, it is the reply to `RCPT TO`.
    Mail,
    /// The reply to `RCPT TO`.
    Recipient,
    /// The reply to the whole message.
    Data,
}

/// An error answer of the Messages API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsRefusal {
    /// The HTTP status.
    pub status: u16,
    /// Twilio's code, like 21610.
    pub code: u32,
    pub message: String,
}

/// Whom a behaviour is set for. The narrowest that is set holds: a recipient's, then the channel's, then everybody's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    Everybody,
    Mail,
    Sms,
    /// An e-mail address, without regard to case, or a phone number as it is sent.
    Recipient(String),
}

/// A behaviour as one channel meets it at one attempt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fate<Refusal> {
    Accept,
    Refuse(Refusal),
    Slow(Duration),
    Hang,
    Drop,
    AcceptThenDrop,
}

/// All that are set, changeable while servers run. A clone is another handle to the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Behaviours(Arc<Mutex<HashMap<Target, Behaviour>>>);

impl Behaviour {
    pub fn reject_mail(at: Stage, code: u16, text: &str) -> Self {
        let text = text.to_owned();
        Self::RejectMail(MailRefusal { at, code, text })
    }

    pub fn reject_sms(status: u16, code: u32, message: &str) -> Self {
        let message = message.to_owned();
        Self::RejectSms(SmsRefusal { status, code, message })
    }

    pub fn fail_times(times: u32, inner: Behaviour) -> Self {
        Self::FailTimes(times, Box::new(inner))
    }

    /// What the next attempt meets, without counting it.
    fn peek(&self) -> &Behaviour {
        match self {
            Self::FailTimes(0, _) => &Self::Accept,
            Self::FailTimes(_, inner) => inner.peek(),
            other => other,
        }
    }

    /// What this attempt meets, and counts it.
    fn take(&mut self) -> Behaviour {
        match self {
            Self::FailTimes(0, _) => Self::Accept,
            Self::FailTimes(times, inner) => {
                *times -= 1;
                inner.take()
            }
            other => other.clone(),
        }
    }
}

impl From<&str> for Target {
    fn from(recipient: &str) -> Self {
        Self::Recipient(recipient.to_ascii_lowercase())
    }
}

impl Behaviours {
    pub(crate) fn set(&self, target: Target, behaviour: Behaviour) {
        let target = match target {
            Target::Recipient(recipient) => Target::from(recipient.as_str()),
            other => other,
        };
        self.lock().insert(target, behaviour);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Asked at `MAIL FROM`, when only what is set for all mail can be known.
    pub(crate) fn at_mail_from(&self) -> Option<MailRefusal> {
        let mut set = self.lock();
        let behaviour = narrowest(&mut set, [Target::Mail, Target::Everybody])?;
        if !refuses_all_mail(behaviour) {
            return None;
        }
        match behaviour.take() {
            Behaviour::RejectMail(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Asked once for each recipient of a mail.
    pub(crate) fn for_mail(&self, recipient: &str) -> Fate<MailRefusal> {
        let mut set = self.lock();
        let own = Target::from(recipient);
        let is_own = set.contains_key(&own);
        let Some(behaviour) = narrowest(&mut set, [own, Target::Mail, Target::Everybody]) else {
            return Fate::Accept;
        };
        // What refuses all mail had its say at `MAIL FROM`.
        if matches!(behaviour.peek(), Behaviour::RejectSms(_)) || (!is_own && refuses_all_mail(behaviour)) {
            return Fate::Accept;
        }
        let taken = behaviour.take();
        match taken {
            Behaviour::RejectMail(refusal) => Fate::Refuse(refusal),
            other => other.into_fate(),
        }
    }

    /// Asked once for each text message.
    pub(crate) fn for_sms(&self, recipient: &str) -> Fate<SmsRefusal> {
        let mut set = self.lock();
        let targets = [Target::from(recipient), Target::Sms, Target::Everybody];
        let Some(behaviour) = narrowest(&mut set, targets) else {
            return Fate::Accept;
        };
        if matches!(behaviour.peek(), Behaviour::RejectMail(_)) {
            return Fate::Accept;
        }
        match behaviour.take() {
            Behaviour::RejectSms(refusal) => Fate::Refuse(refusal),
            other => other.into_fate(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Target, Behaviour>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Behaviour {
    /// For a behaviour that was taken and is no refusal on this channel.
    fn into_fate<Refusal>(self) -> Fate<Refusal> {
        match self {
            Self::Slow(delay) => Fate::Slow(delay),
            Self::Hang => Fate::Hang,
            Self::Drop => Fate::Drop,
            Self::AcceptThenDrop => Fate::AcceptThenDrop,
            Self::Accept | Self::RejectMail(_) | Self::RejectSms(_) | Self::FailTimes(..) => Fate::Accept,
        }
    }
}

fn narrowest<const N: usize>(set: &mut HashMap<Target, Behaviour>, targets: [Target; N]) -> Option<&mut Behaviour> {
    let target = targets.into_iter().find(|target| set.contains_key(target))?;
    set.get_mut(&target)
}

fn refuses_all_mail(behaviour: &Behaviour) -> bool {
    matches!(behaviour.peek(), Behaviour::RejectMail(refusal) if refusal.at == Stage::Mail)
}

#[cfg(test)]
mod tests {
    use crate::catcher::behaviour::{Behaviour, Behaviours, Fate, Stage, Target};

    #[test]
    fn the_narrowest_target_holds() {
        let set = Behaviours::default();
        set.set(Target::Everybody, Behaviour::Hang);
        set.set(Target::Sms, Behaviour::Drop);
        set.set("Ann@X.example".into(), Behaviour::Accept);
        assert_eq!(set.for_mail("ann@x.example"), Fate::Accept);
        assert_eq!(set.for_mail("bob@x.example"), Fate::Hang);
        assert_eq!(set.for_sms("+1"), Fate::Drop);
        set.clear();
        assert_eq!(set.for_sms("+1"), Fate::Accept);
    }

    #[test]
    fn failures_are_counted_on_their_own_channel() {
        let set = Behaviours::default();
        let busy = Behaviour::reject_sms(429, 20429, "Too Many Requests");
        set.set(Target::Everybody, Behaviour::fail_times(2, busy));
        assert_eq!(set.for_mail("a@x"), Fate::Accept);
        let fates: Vec<bool> = (0..3).map(|_| set.for_sms("+1") == Fate::Accept).collect();
        assert_eq!(fates, [false, false, true]);
    }

    #[test]
    fn refusing_at_mail_from_needs_no_recipient() {
        let set = Behaviours::default();
        let refusal = Behaviour::reject_mail(Stage::Mail, 451, "later");
        set.set(Target::Mail, Behaviour::fail_times(1, refusal.clone()));
        assert_eq!(set.at_mail_from().map(|refusal| refusal.code), Some(451));
        assert_eq!(set.at_mail_from(), None);
        set.set("a@x".into(), refusal);
        assert_eq!(set.at_mail_from(), None);
        assert!(matches!(set.for_mail("a@x"), Fate::Refuse(_)));
    }
}
