//! Who has the shift of an event: the people it invites, its title, or its organizer.

use crate::config::import::calendar::draft::Draft;
use crate::config::import::calendar::line::Content;
use crate::config::import::clue::Clue;
use crate::config::import::fault::Fault;

/// Attendees first, by address and then by name, then the title. The organizer often just maintains the calendar, so it
/// counts only if no one is invited: a shift whose attendees declined or are unknown is not the organizer's.
///
/// # Errors
///
/// A line cannot be parsed.
pub fn clues(draft: &Draft<'_>) -> Result<Vec<Vec<Clue>>, Fault> {
    let mut invited = draft.all("ATTENDEE")?;
    invited.retain(|one| !is(one, "CUTYPE", &["ROOM", "RESOURCE"]));
    let has_left = |one: &Content| is(one, "PARTSTAT", &["DECLINED", "DELEGATED"]);
    let (left, present): (Vec<_>, Vec<_>) = invited.iter().partition(|one| has_left(one));
    let absent: Vec<String> = left.iter().flat_map(|one| mail(one)).collect();
    // A shift belongs to the person it was delegated to, unless they are invited themselves and have answered otherwise.
    let delegated = left.iter().filter(|one| is(one, "PARTSTAT", &["DELEGATED"]));
    let delegates = delegated.flat_map(|one| one.parameters("DELEGATED-TO")).filter_map(|value| address(&value));
    let delegates = delegates.filter(|mail| !absent.contains(&mail.to_lowercase()));
    let addresses = present.iter().flat_map(|one| mail(one)).chain(delegates).map(Clue::Email).collect();
    let names = present.iter().filter_map(|one| name(one)).collect();
    let title = draft.one("SUMMARY")?.map(|title| title.text()).filter(|title| !title.is_empty());
    let organizers = if invited.is_empty() { draft.all("ORGANIZER")? } else { Vec::new() };
    let organizer_addresses = organizers.iter().flat_map(mail).map(Clue::Email).collect();
    let organizer_names = organizers.iter().filter_map(name).collect();
    let all: [Vec<Clue>; 5] =
        [addresses, names, title.map(Clue::Text).into_iter().collect(), organizer_addresses, organizer_names];
    Ok(all.into_iter().filter(|group| !group.is_empty()).collect())
}

fn is(content: &Content, name: &str, words: &[&str]) -> bool {
    content.parameter(name).is_some_and(|value| words.iter().any(|word| value.eq_ignore_ascii_case(word)))
}

/// The addresses of a person: the value, with or without `mailto:`, and the parameter `EMAIL`.
fn mail(content: &Content) -> Vec<String> {
    let mut all: Vec<String> = [Some(content.value.clone()), content.parameter("EMAIL"), content.parameter("CN")]
        .into_iter()
        .flatten()
        .filter_map(|text| address(&text))
        .map(|address| address.to_lowercase())
        .collect();
    all.dedup();
    all
}

/// The name of a person.
fn name(content: &Content) -> Option<Clue> {
    let bare = Some(content.value.clone()).filter(|value| !value.contains([':', '@', '/']));
    let name = content.parameter("CN").or(bare).filter(|name| address(name).is_none() && !name.is_empty());
    name.map(Clue::Alias)
}

/// The address in `mailto:m.rivera@mercy.example`, without the scheme and what else may be around it.
fn address(text: &str) -> Option<String> {
    let text = text.rsplit_once(':').map_or(text, |(_, rest)| rest).replace("%40", "@");
    let text = text.split('?').next().unwrap_or_default().trim().trim_matches(['<', '>', '"', '\'']);
    let is_address = text.contains('@') && !text.contains(|one: char| one.is_whitespace() || one == '/');
    is_address.then(|| text.to_owned())
}
