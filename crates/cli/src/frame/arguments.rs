//! A parsed command line: what a tool asks for its options.

use thiserror::Error;

use super::option_spec::OptionSpec;

/// An option whose value cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ValueError {
    #[error("Found multiple arguments for option {0}, but you asked for only one")]
    Multiple(&'static str),
    #[error("Cannot parse argument '{value}' of option {name}")]
    Malformed { name: &'static str, value: String },
}

/// A parsed command line.
///
/// A value is converted when it is asked for, so that a bad one does no harm where it is not needed.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    given: Vec<Given>,
    words: Vec<String>,
    command: Option<&'static str>,
    line: String,
}

#[derive(Debug)]
struct Given {
    name: &'static str,
    value: Option<String>,
}

impl Arguments {
    pub(super) fn of(arguments: &[String]) -> Self {
        Self { line: arguments.join(" "), ..Self::default() }
    }

    pub(super) fn give(&mut self, spec: &OptionSpec, value: Option<String>) {
        self.given.push(Given { name: spec.name, value });
    }

    /// Forgets what was given of the option.
    pub(super) fn take_back(&mut self, spec: &OptionSpec) {
        self.given.retain(|given| given.name != spec.name);
    }

    pub(super) fn add_word(&mut self, word: &str) {
        self.words.push(word.to_owned());
    }

    pub(super) const fn choose(&mut self, command: &'static str) {
        self.command = Some(command);
    }

    /// Whether nothing at all was given.
    pub(crate) const fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// All of it as it was given.
    pub(crate) fn line(&self) -> &str {
        &self.line
    }

    /// Each time one of these was given, in order: its name, and its value if it has one.
    pub(crate) fn in_order(&self, specs: &[&OptionSpec]) -> Vec<(&'static str, Option<&str>)> {
        let is_meant = |given: &&Given| specs.iter().any(|spec| spec.name == given.name);
        self.given.iter().filter(is_meant).map(|given| (given.name, given.value.as_deref())).collect()
    }

    /// What is neither an option nor the value of one.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// The command of a tool that has several: the `format` of `storage format`.
    pub(crate) const fn command(&self) -> Option<&'static str> {
        self.command
    }

    /// Whether the option was given.
    pub(crate) fn has(&self, spec: &OptionSpec) -> bool {
        self.has_named(spec.name)
    }

    pub(super) fn has_named(&self, name: &str) -> bool {
        self.given.iter().any(|given| given.name == name)
    }

    /// The option's value: the one given, else the default.
    pub(crate) fn value(&self, spec: &OptionSpec) -> Result<Option<&str>, ValueError> {
        let mut values = self.given_values(spec.name);
        let value = values.next();
        if values.next().is_some() {
            return Err(ValueError::Multiple(spec.name));
        }
        Ok(value.or_else(|| spec.argument.default()))
    }

    /// All the option's values: from each time it was given and, where one argument holds several, each of these; else the
    /// default.
    pub(crate) fn values(&self, spec: &OptionSpec) -> Vec<&str> {
        let given: Vec<&str> = self.given_values(spec.name).collect();
        let texts = if given.is_empty() { spec.argument.default().into_iter().collect() } else { given };
        match spec.separator {
            Some(separator) => texts.iter().flat_map(|text| split_as_java(text, separator)).collect(),
            None => texts,
        }
    }

    /// The option's value as a number of 32 bits.
    pub(crate) fn integer(&self, spec: &OptionSpec) -> Result<Option<i32>, ValueError> {
        self.parsed(spec)
    }

    /// The option's value as a number of 64 bits.
    pub(crate) fn long(&self, spec: &OptionSpec) -> Result<Option<i64>, ValueError> {
        self.parsed(spec)
    }

    /// The option's value as a number with a fraction.
    pub(crate) fn double(&self, spec: &OptionSpec) -> Result<Option<f64>, ValueError> {
        self.parsed(spec)
    }

    fn parsed<T: std::str::FromStr>(&self, spec: &OptionSpec) -> Result<Option<T>, ValueError> {
        let Some(value) = self.value(spec)? else { return Ok(None) };
        match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(ValueError::Malformed { name: spec.name, value: value.to_owned() }),
        }
    }

    fn given_values(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.given.iter().filter(move |given| given.name == name).filter_map(|given| given.value.as_deref())
    }
}

/// The pieces of a list, of which empty ones at its end do not count.
fn split_as_java(text: &str, separator: char) -> Vec<&str> {
    if text.is_empty() {
        return vec![text];
    }
    let text = text.trim_end_matches(separator);
    if text.is_empty() { Vec::new() } else { text.split(separator).collect() }
}
