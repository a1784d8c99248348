//! The content of a message about signing in.

use chrono::NaiveDate;

use crate::domain::access_message::{AccessMessage, AccessNews};
use crate::domain::test_message::TestMessage;
use crate::provider::test_text;

/// How long a code is good for, for services that drop a late message.
const CODE_SECONDS: u32 = 300;

/// The whole message, one segment of GSM-7.
pub fn sentence(message: &AccessMessage) -> String {
    let hospital = &message.hospital;
    match &message.about {
        AccessNews::Test { day } => test_text::sentence(&test(message, *day)),
        AccessNews::Code { code, until } => format!(
            "{hospital} Wardbell sign-in code: {}. Good until {until}. Give it to no one: we never ask for it.",
            code.reveal()
        ),
        AccessNews::EmergencyCodeUsed { number, at, .. } => format!(
            "{hospital} Wardbell: emergency code {number} was used to sign in at {at}. Find out by whom and why."
        ),
        AccessNews::EmergencyCodeInYourName { number, at } => format!(
            "{hospital} Wardbell: emergency code {number} was used in your name at {at}. If it was not you, report it \
             now."
        ),
    }
}

/// Never says a code, because subjects are shown on locked screens.
pub fn subject(message: &AccessMessage) -> String {
    let about = match &message.about {
        AccessNews::Test { day } => return test_text::subject(&test(message, *day)),
        AccessNews::Code { .. } => "sign-in code".to_owned(),
        AccessNews::EmergencyCodeUsed { number, .. } => format!("emergency code {number} was used"),
        AccessNews::EmergencyCodeInYourName { number, .. } => {
            format!("emergency code {number} was used in your name")
        }
    };
    format!("[{}] {about}", message.hospital)
}

pub fn letter(message: &AccessMessage) -> String {
    let more = match &message.about {
        AccessNews::Test { .. } => {
            "You asked for this test after you signed in. It went to your own contacts, and no one is paged.".to_owned()
        }
        AccessNews::Code { .. } => {
            "If you did not try to sign in, someone else entered your address. They cannot sign in\nwithout this code."
                .to_owned()
        }
        AccessNews::EmergencyCodeUsed { number, by, .. } => format!(
            "The address of {by} was entered with the code. Ask {by} whether they used it.\n\nTo see the reason and everything \
             that was shown:\n`wardbell audit access --person emergency-code:{number}`\n\nTo end the session, which lasts an \
             hour and shows everything except where\nthat person is involved:\n`wardbell sessions end emergency-code:{number}`"
        ),
        AccessNews::EmergencyCodeInYourName { .. } => {
            "Somebody entered a printed emergency code and your address. If it was not you, tell the people\nwho audit access \
             at your hospital: they can end the session."
                .to_owned()
        }
    };
    format!("{}\n\n{more}\n", sentence(message))
}

fn test(message: &AccessMessage, day: NaiveDate) -> TestMessage {
    let AccessMessage { hospital, channel, written_at, .. } = message;
    TestMessage { hospital: hospital.clone(), channel: *channel, day, daily: false, written_at: *written_at }
}

/// After how long the message need not be delivered any more.
pub fn valid_seconds(message: &AccessMessage) -> Option<u32> {
    matches!(message.about, AccessNews::Code { .. }).then_some(CODE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access_message::SignInCode;
    use crate::domain::contact::ChannelKind;
    use crate::domain::page::{SMS_SEGMENT, gsm7_length};
    use crate::provider::sample;

    fn message(about: AccessNews) -> AccessMessage {
        AccessMessage {
            hospital: "ABCDEFGHIJKL".parse().unwrap(),
            channel: ChannelKind::ALL[0],
            about,
            written_at: sample::instant("2026-11-24T08:14:00Z"),
            number: 7,
        }
    }

    #[test]
    fn a_code_fits_one_segment_and_is_not_in_the_subject() {
        let code = SignInCode::from_random(482_913u64.to_be_bytes());
        let message = message(AccessNews::Code { code, until: "Fri, Dec 4, 02:19 CST".into() });
        assert_eq!(
            sentence(&message),
            "ABCDEFGHIJKL Wardbell sign-in code: 482913. Good until Fri, Dec 4, 02:19 CST. Give it to no one: we never \
             ask for it."
        );
        assert!(gsm7_length(&sentence(&message)).is_some_and(|length| length <= SMS_SEGMENT));
        assert_eq!(subject(&message), "[ABCDEFGHIJKL] sign-in code");
        assert!(letter(&message).starts_with(&sentence(&message)), "the text part is complete by itself");
    }

    #[test]
    fn a_test_that_somebody_asked_for_says_that_it_is_one() {
        let message = message(AccessNews::Test { day: "2026-11-24".parse().unwrap() });
        assert_eq!(sentence(&message), "ABCDEFGHIJKL Wardbell test 2026-11-24: e-mail works. Nothing to do.");
        assert_eq!(subject(&message), "[ABCDEFGHIJKL] test · e-mail works · 2026-11-24");
        assert!(letter(&message).contains("no one is paged") && valid_seconds(&message).is_none());
    }

    #[test]
    fn the_use_of_an_emergency_code_fits_one_segment() {
        let at = "Fri, Dec 4, 02:19 CST".into();
        let by = "Ann Okafor".into();
        let told = message(AccessNews::EmergencyCodeUsed { number: 4_294_967_295, at, by });
        assert!(gsm7_length(&sentence(&told)).is_some_and(|length| length <= SMS_SEGMENT));
        assert!(subject(&told).contains("was used"));
        let letter = letter(&told);
        assert!(
            letter.contains("\n`wardbell sessions end emergency-code:4294967295`") && letter.contains("Ann Okafor"),
            "{letter}"
        );
        let at = "Fri, Dec 4, 02:19 CST".into();
        let theirs = message(AccessNews::EmergencyCodeInYourName { number: 4_294_967_295, at });
        assert!(gsm7_length(&sentence(&theirs)).is_some_and(|length| length <= SMS_SEGMENT));
        assert!(subject(&theirs).contains("in your name"));
    }
}
