//! Keys like `sms2`: a person's numbers belong in one list.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use crate::config::correct::text_of;
use crate::diagnostic::{Source, Spot};
use crate::domain::contact::FurtherKind;

/// The key of a person's numbers for text messages.
pub const SMS: &str = FurtherKind::Sms.word();

/// Whether a key is like `sms2`, in a table that may have numbers.
pub fn is_further(key: &str, known: &[&str]) -> bool {
    let rest = key.strip_prefix(SMS).map(|rest| rest.trim_start_matches(['_', '-']));
    known.contains(&SMS) && rest.is_some_and(|rest| rest.parse::<u32>().is_ok())
}

/// The line with the numbers of both keys, and the line that it replaces as well.
pub fn in_one_list(table: &DeTable<'_>, key: &str, source: &Arc<Source>) -> Option<String> {
    let ((first, numbers), further) = (table.get_key_value(SMS)?, table.get(key)?);
    let texts = |value: &DeValue<'_>| match value {
        DeValue::Array(all) => all.iter().filter_map(|one| text_of(one.get_ref())).collect(),
        one => text_of(one).into_iter().collect::<Vec<_>>(),
    };
    let all: Vec<String> = [numbers.get_ref(), further.get_ref()].into_iter().flat_map(texts).collect();
    let list = all.iter().map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(", ");
    let line = Spot::new(source, first.span()).line();
    Some(format!("write `{SMS} = [{list}]` and remove line {line}"))
}
