//! The Markdown of policies: its title, its links, and how it is shown. Raw HTML is never passed on.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Parser, Tag, TagEnd, html};

use crate::domain::id::PolicyName;

/// What a policy's text has that must be checked, with its places in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The first heading, if it is of the first level.
    pub title: Option<String>,
    pub links: Vec<(String, Range<usize>)>,
    pub raw_html: Vec<Range<usize>>,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To an address on the web, a mailbox, or a phone.
    Outside,
    Policy(PolicyName),
}

/// A link that leads neither outside nor to a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a link must start with `https:`, `http:`, `mailto:` or `tel:`, or be the file of another policy")]
pub struct BadLink;

/// Where a link leads, judged by its text.
///
/// # Errors
///
/// It has another scheme, or is not the name of a policy.
pub fn target(link: &str) -> Result<Target, BadLink> {
    let lower = link.to_ascii_lowercase();
    if ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| lower.starts_with(scheme)) {
        return Ok(Target::Outside);
    }
    let file = link.strip_prefix("./").unwrap_or(link);
    file.strip_suffix(".md").and_then(|name| name.parse().ok()).map(Target::Policy).ok_or(BadLink)
}

pub fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    let mut title: Option<String> = None;
    for (event, place) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) if outline.title.is_none() => {
                title = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => outline.title = outline.title.or(title.take()),
            Event::Text(part) | Event::Code(part) => {
                if let Some(title) = &mut title {
                    title.push_str(&part);
                }
            }
            Event::Start(Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. }) => {
                outline.links.push((address(link_type, &dest_url), place));
            }
            Event::Html(_) | Event::InlineHtml(_) => outline.raw_html.push(place),
            _ => {}
        }
    }
    outline
}

/// The text as HTML, without its title; `of` gives the address of another policy.
pub fn shown(text: &str, of: &dyn Fn(&PolicyName) -> String) -> String {
    let mut is_title = false;
    let mut has_title = false;
    let events = Parser::new(text).filter_map(|event| match event {
        Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) if !has_title => {
            (has_title, is_title) = (true, true);
            None
        }
        Event::End(TagEnd::Heading(HeadingLevel::H1)) if is_title => {
            is_title = false;
            None
        }
        _ if is_title => None,
        event => safe(event, of),
    });
    let mut shown = String::new();
    html::push_html(&mut shown, events);
    shown
}

/// What is shown of an event: no raw HTML, no image, and no link that leads elsewhere than it may.
fn safe<'a>(event: Event<'a>, of: &dyn Fn(&PolicyName) -> String) -> Option<Event<'a>> {
    match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::HtmlBlock | Tag::Image { .. }) | Event::End(TagEnd::HtmlBlock | TagEnd::Image) => None,
        Event::Start(Tag::Link { link_type, dest_url, id, .. }) => {
            let address = address(link_type, &dest_url);
            let leads_to = match target(&address) {
                Ok(Target::Outside) => address,
                Ok(Target::Policy(name)) => of(&name),
                // A link that leads nowhere is harmless, and its end needs a start.
                Err(BadLink) => String::new(),
            };
            let (dest_url, title) = (CowStr::from(leads_to), CowStr::Borrowed(""));
            Some(Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url, title, id }))
        }
        event => Some(event),
    }
}

/// An address in angle brackets that is a mailbox has no scheme.
fn address(kind: LinkType, written: &str) -> String {
    if kind == LinkType::Email { format!("mailto:{written}") } else { written.to_owned() }
}

#[cfg(test)]
mod tests {
    use crate::domain::policy::markdown::{BadLink, Target, outline, shown, target};

    fn html(text: &str) -> String {
        shown(text, &|name| format!("/policies/{name}"))
    }

    #[test]
    fn a_text_is_shown_without_its_title() {
        let text = "# Photos *here*\n\nNo **photos**.\n\n## Why\n\n- one\n\n# More\n";
        assert_eq!(outline(text).title.as_deref(), Some("Photos here"));
        assert_eq!(
            html(text),
            "<p>No <strong>photos</strong>.</p>\n<h2>Why</h2>\n<ul>\n<li>one</li>\n</ul>\n<h1>More</h1>\n"
        );
    }

    #[test]
    fn raw_html_is_shown_as_text_and_images_are_not() {
        let text = "# T\n\n<script>x()</script>\n\na <b onclick=\"x\">b</b> ![alt](https://x.example/i.png)\n";
        let shown = html(text);
        assert!(!shown.contains("<script") && !shown.contains("<b") && !shown.contains("<img"), "{shown}");
        assert!(shown.contains("&lt;script&gt;") && shown.contains("alt"), "{shown}");
        assert_eq!(outline(text).raw_html.len(), 3);
    }

    #[test]
    fn links_lead_outside_or_to_policies() {
        for (link, leads_to) in [
            ("https://x.example/a", Ok(Target::Outside)),
            ("HTTP://x.example", Ok(Target::Outside)),
            ("mailto:a@x.example", Ok(Target::Outside)),
            ("tel:+13125550100", Ok(Target::Outside)),
            ("photography.md", Ok(Target::Policy("photography".parse().unwrap()))),
            ("./photography.md", Ok(Target::Policy("photography".parse().unwrap()))),
            ("photography", Err(BadLink)),
            ("../photography.md", Err(BadLink)),
            ("//x.example", Err(BadLink)),
            ("javascript:x()", Err(BadLink)),
            (" javascript:x()", Err(BadLink)),
            ("data:text/html,x", Err(BadLink)),
            ("#why", Err(BadLink)),
        ] {
            assert_eq!(target(link), leads_to, "{link}");
        }
        let text = "[a](javascript:x()) [b](photography.md) [c](https://x.example/?a=1&b=2) <d@x.example>";
        assert_eq!(
            html(text),
            "<p><a href=\"\">a</a> <a href=\"/policies/photography\">b</a> \
             <a href=\"https://x.example/?a=1&amp;b=2\">c</a> <a href=\"mailto:d@x.example\">d@x.example</a></p>\n"
        );
        assert_eq!(outline(text).links.len(), 4);
    }
}
