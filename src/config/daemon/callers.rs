//! `[[source]]` and `[[operator]]`: who may call the API, and their tokens.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use toml::de::DeValue;

use crate::config::context::Context;
use crate::config::daemon::secret::{self, Lacking, Off, SecretKind};
use crate::config::diagnostics::{quoted, with_meant};
use crate::config::files::Files;
use crate::config::reader::{RawList, Spanned, Table};
use crate::config::settings::{OperatorSettings, SourceSettings, Strictness};
use crate::config::value_types::{Line, Read, Wrong, one_of, words};
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::id::{ClassName, OperatorName, SourceName};
use crate::domain::label;
use crate::domain::permission::Permission;
use crate::domain::playbook::Playbook;
use crate::domain::wait::Wait;

/// A shorter silence may be a slow network.
const HEARD_WITHIN_MIN: Wait = Wait::minutes(1);

/// A system that may send incidents.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawSource {
    /// Name in the record.
    #[schemars(required)]
    name: Option<Spanned<SourceName>>,
    /// File with the bearer token: an absolute path, or a name in this folder or among the systemd credentials.
    #[schemars(required)]
    token_file: Option<Spanned<Line>>,
    /// File with the secret in the link of a form, by which any member of staff reports a post without signing in; left out: no
    /// form. Another content makes another link.
    #[schemars(extend("examples" = ["form-listening-desk"]))]
    form_token_file: Option<Spanned<Line>>,
    /// Labels of the source that differ from the hospital's classes.
    #[schemars(schema_with = "labels_schema", default)]
    classes: Vec<(Spanned<String>, Spanned<ClassName>)>,
    /// Page the fallback department if the source has been silent for this long; at least `1m`.
    #[schemars(extend("examples" = ["15m"]))]
    heard_within: Option<Spanned<Wait>>,
    /// Reject incidents with unknown keys or invalid text instead of cleaning them with a warning. Useful while the source is
    /// under development.
    strict: Option<Spanned<bool>>,
}

/// A person or program that may read and act through the API and the command line.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawOperator {
    /// Name in the record.
    #[schemars(required)]
    name: Option<Spanned<OperatorName>>,
    /// File with the bearer token: an absolute path, or a name in this folder or among the systemd credentials.
    #[schemars(required)]
    token_file: Option<Spanned<Line>>,
    /// Permissions. `open` allows submitting incidents (the operator is recorded as the reporter); `audit` shows who has seen
    /// what; `admin` allows everything, including reload.
    #[schemars(required)]
    may: Option<RawList<Permission>>,
}

fn labels_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": ClassName::schema() })
}

pub(super) fn read_source(mut table: Table<'_>) -> RawSource {
    let classes = table.table("classes", "`[source.classes]`").map(Table::into_entries).unwrap_or_default();
    let classes = classes.into_iter().filter_map(|(label, value)| Some((label, value.read()?))).collect();
    let source = RawSource {
        name: table.required("name"),
        token_file: table.required("token_file"),
        form_token_file: table.optional("form_token_file"),
        classes,
        heard_within: table.optional("heard_within"),
        strict: table.optional("strict"),
    };
    table.finish();
    source
}

pub(super) fn read_operator(mut table: Table<'_>) -> RawOperator {
    let operator = RawOperator {
        name: table.required("name"),
        token_file: table.required("token_file"),
        may: table.required_list("may"),
    };
    table.finish();
    operator
}

/// Checks the sources and reads their tokens; a source without a token is off.
pub(super) fn sources(
    raw: &[RawSource],
    off: &mut Off,
    files: &dyn Files,
    context: &Context<'_>,
) -> Option<Vec<SourceSettings>> {
    check_names(raw.iter().map(|source| source.name.as_ref()), "source", context);
    for name in raw.iter().filter_map(|source| source.name.as_ref()).filter(|name| name.value == SourceName::wardbell())
    {
        let message = "`wardbell` is reserved for Wardbell's own incidents";
        let hint = "use another name, such as that of the program";
        context.diagnostics.push(Diagnostic::error(Code::BadValue, &name.spot, message).hint(hint));
    }
    let mut tokens = Tokens::default();
    let checked: Vec<_> = raw
        .iter()
        .map(|source| {
            let token = tokens.read(source.token_file.as_ref(), files, context);
            let form = source.form_token_file.as_ref().map(|file| tokens.read_link(file, files, context));
            let is_strict = source.strict.as_ref().is_some_and(|strict| strict.value);
            let strictness = if is_strict { Strictness::Strict } else { Strictness::Lenient };
            let name = source.name.as_ref()?.value.clone();
            let effect = format!("everything from the source `{name}` is rejected");
            let token = off.take(&format!("source.{name}"), &effect, token)?;
            let effect = format!("the form of the source `{name}` is not found");
            let form_token = match form {
                Some(form) => off.take(&format!("source.{name}.form"), &effect, form)?,
                None => None,
            };
            Some(token.map(|token| SourceSettings { name, token, form_token, strictness }))
        })
        .collect();
    checked.into_iter().collect::<Option<Vec<_>>>().map(|known| known.into_iter().flatten().collect())
}

/// Checks the operators and reads their tokens; an operator without a token is off.
pub(super) fn operators(
    raw: &[RawOperator],
    off: &mut Off,
    files: &dyn Files,
    context: &Context<'_>,
) -> Option<Vec<OperatorSettings>> {
    check_names(raw.iter().map(|operator| operator.name.as_ref()), "operator", context);
    let mut tokens = Tokens::default();
    let checked: Vec<_> = raw
        .iter()
        .map(|operator| {
            let token = tokens.read(operator.token_file.as_ref(), files, context);
            let (name, may) = (operator.name.as_ref()?.value.clone(), operator.may.clone()?.into_values());
            let effect = format!("the operator `{name}` is rejected");
            let token = off.take(&format!("operator.{name}"), &effect, token)?;
            Some(token.map(|token| OperatorSettings { name, token, may }))
        })
        .collect();
    checked.into_iter().collect::<Option<Vec<_>>>().map(|known| known.into_iter().flatten().collect())
}

/// The labels of each source that differ from the hospital's classes; `playbooks` is set if all playbooks are known.
pub fn labels(
    raw: &[RawSource],
    playbooks: Option<&[&Playbook]>,
    context: &Context<'_>,
) -> BTreeMap<SourceName, BTreeMap<String, ClassName>> {
    let mut labels = BTreeMap::new();
    for source in raw {
        for (position, (label, class)) in source.classes.iter().enumerate() {
            if let Some(playbooks) = playbooks {
                check_class(class, playbooks, context);
            }
            check_label(label, class, &source.classes[..position], context);
        }
        let Some(name) = &source.name else { continue };
        let classes = source.classes.iter().map(|(label, class)| (label.value.clone(), class.value.clone()));
        labels.insert(name.value.clone(), classes.collect());
    }
    labels
}

/// How long each source may be silent, for those that set it.
pub fn heard_within(raw: &[RawSource], context: &Context<'_>) -> BTreeMap<SourceName, Wait> {
    let mut all = BTreeMap::new();
    for source in raw {
        let Some(wait) = &source.heard_within else { continue };
        if wait.value < HEARD_WITHIN_MIN {
            let message = format!("`heard_within` must be at least {HEARD_WITHIN_MIN}");
            let hint = "for a source that calls every minute, `5m` allows for late calls";
            context.diagnostics.push(Diagnostic::error(Code::BadValue, &wait.spot, message).hint(hint));
        }
        all.extend(source.name.as_ref().map(|name| (name.value.clone(), wait.value)));
    }
    all
}

/// The place of the first `heard_within`.
pub fn watched(raw: &[RawSource]) -> Option<&Spot> {
    raw.iter().find_map(|source| source.heard_within.as_ref()).map(|wait| &wait.spot)
}

/// Labels are compared without case and surrounding spaces, so two of them can be equal.
fn check_label(
    label: &Spanned<String>,
    class: &Spanned<ClassName>,
    before: &[(Spanned<String>, Spanned<ClassName>)],
    context: &Context<'_>,
) {
    let same = before.iter().find(|(other, _)| label::is_same(&other.value, &label.value));
    let Some((other, _)) = same.filter(|(_, other)| other.value != class.value) else { return };
    let message = format!(
        "{} and {} are the same label, because case and surrounding spaces are ignored",
        quoted(&other.value),
        quoted(&label.value)
    );
    let hint = "remove one of the two lines";
    context.diagnostics.push(Diagnostic::error(Code::DuplicateId, &label.spot, message).hint(hint));
}

fn check_class(class: &Spanned<ClassName>, playbooks: &[&Playbook], context: &Context<'_>) {
    let name = class.value.as_str();
    if playbooks.iter().any(|playbook| playbook.answers(name)) {
        return;
    }
    let diagnostic = Diagnostic::warning(
        Code::UnknownClass,
        &class.spot,
        format!("no playbook for the class {}; `unclassified` will be used", quoted(name)),
    );
    let known = playbooks.iter().map(|playbook| playbook.class.as_str());
    context.diagnostics.push(with_meant(diagnostic, &class.spot, name, known, || None));
}

fn check_names<'a, T: PartialEq + ToString + 'a>(
    names: impl Iterator<Item = Option<&'a Spanned<T>>>,
    what: &str,
    context: &Context<'_>,
) {
    let mut taken: Vec<&T> = Vec::new();
    for name in names.flatten() {
        if taken.contains(&&name.value) {
            let message = format!("another {what} already has the name {}", quoted(&name.value.to_string()));
            context.diagnostics.error(Code::DuplicateId, &name.spot, message);
        }
        taken.push(&name.value);
    }
}

/// The tokens so far: no two callers may share one.
#[derive(Default)]
struct Tokens(Vec<SecretString>);

impl Tokens {
    fn read(
        &mut self,
        file: Option<&Spanned<Line>>,
        files: &dyn Files,
        context: &Context<'_>,
    ) -> Result<SecretString, Lacking> {
        let file = file.ok_or(Lacking::Settings)?;
        let token = secret::read("token_file", file, SecretKind::Bearer, files, context)?;
        self.take(token, file, context)
    }

    /// The secret of a form's link.
    fn read_link(
        &mut self,
        file: &Spanned<Line>,
        files: &dyn Files,
        context: &Context<'_>,
    ) -> Result<SecretString, Lacking> {
        let token = secret::read("form_token_file", file, SecretKind::Link, files, context)?;
        self.take(token, file, context)
    }

    fn take(
        &mut self,
        token: SecretString,
        file: &Spanned<Line>,
        context: &Context<'_>,
    ) -> Result<SecretString, Lacking> {
        if self.0.iter().any(|other| other.expose_secret() == token.expose_secret()) {
            let message = "another caller uses the same token";
            let diagnostic = Diagnostic::error(Code::SharedToken, &file.spot, message);
            let hint = "create a new token, so that the record can tell the two callers apart";
            return Err(secret::report(diagnostic.hint(hint), context));
        }
        self.0.push(token.clone());
        Ok(token)
    }
}

const PERMISSIONS: [(&str, Permission); 5] = [
    ("read", Permission::Read),
    ("act", Permission::Act),
    ("open", Permission::Open),
    ("audit", Permission::Audit),
    ("admin", Permission::Admin),
];

impl Read for Permission {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        one_of(value, label, &PERMISSIONS)
    }

    fn schema() -> Schema {
        words(PERMISSIONS.map(|(word, _)| word))
    }
}
