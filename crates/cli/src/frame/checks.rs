//! What many tools check of their options, in the words of Kafka's `CommandLineUtils`.

use super::arguments::Arguments;
use super::option_spec::OptionSpec;
use super::tool::Stop;

impl Arguments {
    /// Wants each of these to be given.
    pub(crate) fn require(&self, specs: &[&OptionSpec]) -> Result<(), Stop> {
        match specs.iter().find(|spec| !self.has(spec)) {
            Some(spec) => Err(Stop::Usage(format!("Missing required argument \"[{}]\"", spec.name))),
            None => Ok(()),
        }
    }

    /// Wants none of `others` to be given beside `used`.
    pub(crate) fn forbid(&self, used: &OptionSpec, others: &[&OptionSpec]) -> Result<(), Stop> {
        match others.iter().find(|other| self.has(used) && self.has(other)) {
            Some(other) => Err(Stop::Usage(format!(
                "Option \"[{}]\" can't be used with option \"[{}]\"",
                used.name, other.name
            ))),
            None => Ok(()),
        }
    }

    /// Wants exactly one of these to be given.
    pub(crate) fn require_one_of(&self, specs: &[&OptionSpec]) -> Result<(), Stop> {
        if specs.iter().filter(|spec| self.has(spec)).count() == 1 {
            return Ok(());
        }
        let names: Vec<String> = specs.iter().map(|spec| format!("[{}]", spec.name)).collect();
        Err(Stop::Usage(format!("Exactly one of the following arguments is required: {}", names.join(", "))))
    }
}
