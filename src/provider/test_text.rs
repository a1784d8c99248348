//! The content of a test message.

use crate::domain::test_message::TestMessage;

/// The whole message, one segment of GSM-7: `MERCY Wardbell daily test 2026-11-24: email works. Nothing to do.`
pub fn sentence(message: &TestMessage) -> String {
    let TestMessage { hospital, day, .. } = message;
    format!("{hospital} Wardbell {} {day}: {}. Nothing to do.", test(message), message.channel.proof())
}

pub fn subject(message: &TestMessage) -> String {
    format!("[{}] {} · {} · {}", message.hospital, test(message), message.channel.proof(), message.day)
}

pub fn letter(message: &TestMessage) -> String {
    let missing = if message.daily {
        "If this message does not arrive, report it. Wardbell pages someone when sending fails,\nbut only you can \
         notice that a message was sent and never arrived."
    } else {
        "An operator requested this test."
    };
    format!("{}\n\n{missing}\n", sentence(message))
}

fn test(message: &TestMessage) -> &'static str {
    if message.daily { "daily test" } else { "test" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::ChannelKind;
    use crate::domain::page::{SMS_SEGMENT, gsm7_length};
    use crate::provider::sample;

    fn message(channel: ChannelKind, daily: bool) -> TestMessage {
        TestMessage {
            hospital: "MERCY".parse().unwrap(),
            channel,
            day: "2026-11-24".parse().unwrap(),
            daily,
            written_at: sample::instant("2026-11-24T14:30:00Z"),
        }
    }

    #[test]
    fn a_test_message_says_what_it_proves_and_that_nothing_is_to_do() {
        let daily = message(ChannelKind::Email, true);
        assert_eq!(sentence(&daily), "MERCY Wardbell daily test 2026-11-24: e-mail works. Nothing to do.");
        assert_eq!(subject(&daily), "[MERCY] daily test · e-mail works · 2026-11-24");
        assert!(letter(&daily).starts_with(&sentence(&daily)), "the text part is complete by itself");
        let asked = message(ChannelKind::Sms, false);
        assert_eq!(sentence(&asked), "MERCY Wardbell test 2026-11-24: text messages work. Nothing to do.");
    }

    #[test]
    fn a_test_message_fits_one_segment_whatever_the_hospital_is_called() {
        for channel in ChannelKind::ALL {
            let longest = TestMessage { hospital: "ABCDEFGHIJKL".parse().unwrap(), ..message(channel, true) };
            assert!(gsm7_length(&sentence(&longest)).is_some_and(|length| length <= SMS_SEGMENT));
        }
    }
}
