//! How a server treats a recipient: well, or as badly as real providers do on their worst days.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::support::inbox::Outcome;

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
    /// Every answer comes a byte at a time, with this pause after each; kept if the client has the patience.
    Dribble(Duration),
    /// In the middle of an SMTP conversation the server falters; mail is not kept. Text messages are accepted.
    Falter(Stage, Manner),
    /// Text messages get an answer that is none. Mail is accepted.
    Misanswer(Misanswer),
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

/// The moment of an SMTP conversation. No recipient is known before `RCPT TO`: what is set for one recipient and an
/// earlier moment happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The first words of a connection.
    Greeting,
    /// The reply to `EHLO`.
    Hello,
    /// The reply to `MAIL FROM`.
    Mail,
    /// The reply to `RCPT TO`.
    Recipient,
    /// The reply to `DATA`, which asks for the message.
    GoAhead,
    /// The reply to the whole message.
    Data,
}

/// How a mail server falters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It says nothing, and the connection stays open until the client or the server ends.
    Stall,
    /// It closes the connection.
    Cut,
    /// It sends one line without an end, as fast as the client reads.
    Flood,
    /// It sends bytes that are not SMTP, and the connection stays open.
    Garbage,
}

/// What a gateway sends in place of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misanswer {
    /// Not kept: a head that never ends, a line at a time.
    EndlessHead,
    /// Not kept: a good head, and a body without an end, as fast as the client reads.
    EndlessBody,
    /// Not kept: bytes that are no HTTP.
    Garbage,
    /// Kept: half of the right answer, before the connection is closed.
    HalfBody,
    /// Not kept: 201, and a message that has failed.
    SaysFailed,
    /// Not kept: 201, and a message without an id.
    WithoutId,
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
    Dribble(Duration),
    Falter(Stage, Manner),
    Misanswer(Misanswer),
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

impl Manner {
    /// What the inbox says of it.
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::Stall => Outcome::LeftHanging,
            Self::Cut => Outcome::Dropped,
            Self::Flood | Self::Garbage => Outcome::Misanswered,
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

    /// Asked at each moment before a recipient is known, when only what is set for all mail can hold.
    pub(crate) fn before_recipients(&self, stage: Stage) -> Option<Fate<MailRefusal>> {
        let mut set = self.lock();
        let behaviour = narrowest(&mut set, [Target::Mail, Target::Everybody])?;
        if early_stage(behaviour) != Some(stage) {
            return None;
        }
        Some(match behaviour.take() {
            Behaviour::RejectMail(refusal) => Fate::Refuse(refusal),
            other => other.into_fate(),
        })
    }

    /// How slowly all mail is answered. Counted, like anything that is done to a mail, when its recipient is named.
    pub(crate) fn mail_pace(&self) -> Option<Duration> {
        match narrowest(&mut self.lock(), [Target::Mail, Target::Everybody])?.peek() {
            Behaviour::Dribble(pause) => Some(*pause),
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
        // What befalls all mail before a recipient is known had its say.
        let is_for_texts = matches!(behaviour.peek(), Behaviour::RejectSms(_) | Behaviour::Misanswer(_));
        if is_for_texts || (!is_own && early_stage(behaviour).is_some()) {
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
        if matches!(behaviour.peek(), Behaviour::RejectMail(_) | Behaviour::Falter(..)) {
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
            Self::Dribble(pause) => Fate::Dribble(pause),
            Self::Falter(at, manner) => Fate::Falter(at, manner),
            Self::Misanswer(misanswer) => Fate::Misanswer(misanswer),
            Self::Accept | Self::RejectMail(_) | Self::RejectSms(_) | Self::FailTimes(..) => Fate::Accept,
        }
    }
}

fn narrowest<const N: usize>(set: &mut HashMap<Target, Behaviour>, targets: [Target; N]) -> Option<&mut Behaviour> {
    let target = targets.into_iter().find(|target| set.contains_key(target))?;
    set.get_mut(&target)
}

/// Before a recipient is known, the moment at which it happens to all mail.
fn early_stage(behaviour: &Behaviour) -> Option<Stage> {
    match behaviour.peek() {
        Behaviour::RejectMail(MailRefusal { at, .. }) | Behaviour::Falter(at, _) => Some(*at),
        _ => None,
    }
    .filter(|at| *at < Stage::Recipient)
}

#[cfg(test)]
mod tests {
    use crate::support::behaviour::{Behaviour, Behaviours, Fate, Manner, Stage, Target};

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
        assert_eq!(set.before_recipients(Stage::Greeting), None);
        let Some(Fate::Refuse(refused)) = set.before_recipients(Stage::Mail) else { panic!("it is refused") };
        assert_eq!(refused.code, 451);
        assert_eq!(set.before_recipients(Stage::Mail), None);
        set.set("a@x".into(), refusal);
        assert_eq!(set.before_recipients(Stage::Mail), None);
        assert!(matches!(set.for_mail("a@x"), Fate::Refuse(_)));
    }

    #[test]
    fn a_server_falters_once_at_its_moment_for_all_and_at_the_recipient_for_one() {
        let set = Behaviours::default();
        let cut = Behaviour::Falter(Stage::Hello, Manner::Cut);
        set.set(Target::Mail, Behaviour::fail_times(1, cut.clone()));
        assert_eq!(set.before_recipients(Stage::Greeting), None);
        assert_eq!(set.for_sms("+1"), Fate::Accept);
        assert_eq!(set.before_recipients(Stage::Hello), Some(Fate::Falter(Stage::Hello, Manner::Cut)));
        assert_eq!(set.before_recipients(Stage::Hello), None);
        set.set("a@x".into(), cut);
        assert_eq!(set.for_mail("a@x"), Fate::Falter(Stage::Hello, Manner::Cut));
    }
}
