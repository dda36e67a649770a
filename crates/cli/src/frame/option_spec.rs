//! An option as a tool declares it: once, for parsing and for the help.

/// An option of a tool.
///
/// Made by [`OptionSpec::flag`], [`OptionSpec::value`] or [`OptionSpec::optional_value`] and refined from there, all in constants:
/// `OptionSpec::value("partition", "partition", "…").integer()`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionSpec {
    /// Name without dashes.
    pub(crate) name: &'static str,
    /// The name of one letter, without dash, of tools that have such.
    pub(crate) short: Option<char>,
    /// Whether something follows it.
    pub(crate) argument: Argument,
    /// What the text of a value stands for.
    pub(crate) kind: Kind,
    /// Whether the command line is wrong without it.
    pub(crate) is_required: bool,
    /// Options of which one must be given for this to be allowed; none of them if it always is.
    pub(crate) available_if: &'static [&'static str],
    /// What stands between the values of one argument.
    pub(crate) separator: Option<char>,
    /// Whether each time it is given adds a value, where otherwise the last one counts. Only of tools after argparse4j.
    pub(crate) is_repeated: bool,
    /// The values it may have, if not any. Only of tools after argparse4j.
    pub(crate) choices: &'static [&'static str],
    /// For the help.
    pub(crate) description: &'static str,
}

/// What follows an option.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    /// Nothing.
    None,
    /// A value, described by a word for the help; the default stands for it where the option is not given.
    Required { label: &'static str, default: Option<&'static str> },
    /// Perhaps a value; the default stands for it where it is left out or the option is not given.
    Optional { label: &'static str, default: Option<&'static str> },
    /// One value or more. Only of tools after argparse4j.
    Several { label: &'static str },
}

/// What the text of a value stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Itself.
    Text,
    /// A number of 16 bits.
    Short,
    /// A number of 32 bits.
    Integer,
    /// A number of 64 bits.
    Long,
    /// A number with a fraction.
    Double,
}

impl Kind {
    /// Whether the text stands for one.
    pub(crate) fn accepts(self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Short => text.parse::<i16>().is_ok(),
            Self::Integer => text.parse::<i32>().is_ok(),
            Self::Long => text.parse::<i64>().is_ok(),
            Self::Double => text.trim().parse::<f64>().is_ok(),
        }
    }

    /// Java's name of it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "String",
            Self::Short => "Short",
            Self::Integer => "Integer",
            Self::Long => "Long",
            Self::Double => "Double",
        }
    }
}

impl Argument {
    pub(crate) const fn default(&self) -> Option<&'static str> {
        match self {
            Self::None | Self::Several { .. } => None,
            Self::Required { default, .. } | Self::Optional { default, .. } => *default,
        }
    }
}

impl OptionSpec {
    /// The option of tools after argparse4j that prints the version; those after jopt-simple have it anyway.
    pub(crate) const VERSION: Self = super::tool::VERSION.short('v');

    /// An option that nothing follows.
    pub(crate) const fn flag(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            short: None,
            argument: Argument::None,
            kind: Kind::Text,
            is_required: false,
            available_if: &[],
            separator: None,
            is_repeated: false,
            choices: &[],
            description,
        }
    }

    /// An option with a value, which `label` describes.
    pub(crate) const fn value(name: &'static str, label: &'static str, description: &'static str) -> Self {
        let argument = Argument::Required { label, default: None };
        Self { argument, ..Self::flag(name, description) }
    }

    /// An option with a value that may be left out.
    pub(crate) const fn optional_value(
        name: &'static str,
        label: &'static str,
        description: &'static str,
    ) -> Self {
        let argument = Argument::Optional { label, default: None };
        Self { argument, ..Self::flag(name, description) }
    }

    /// An option that one value or more follow.
    pub(crate) const fn several(name: &'static str, label: &'static str, description: &'static str) -> Self {
        Self { argument: Argument::Several { label }, ..Self::flag(name, description) }
    }

    /// What stands for the value where it is not given.
    pub(crate) const fn with_default(self, default: &'static str) -> Self {
        let default = Some(default);
        let argument = match self.argument {
            Argument::Required { label, .. } => Argument::Required { label, default },
            Argument::Optional { label, .. } => Argument::Optional { label, default },
            other => other,
        };
        Self { argument, ..self }
    }

    /// The value is a number of 16 bits.
    pub(crate) const fn short_integer(self) -> Self {
        Self { kind: Kind::Short, ..self }
    }

    /// The value is a number of 32 bits.
    pub(crate) const fn integer(self) -> Self {
        Self { kind: Kind::Integer, ..self }
    }

    /// The value is a number of 64 bits.
    pub(crate) const fn long(self) -> Self {
        Self { kind: Kind::Long, ..self }
    }

    /// The value is a number with a fraction.
    pub(crate) const fn double(self) -> Self {
        Self { kind: Kind::Double, ..self }
    }

    /// The command line is wrong without it.
    pub(crate) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// It is allowed only beside one of these.
    pub(crate) const fn available_if(self, names: &'static [&'static str]) -> Self {
        Self { available_if: names, ..self }
    }

    /// An argument holds several values, this between them.
    pub(crate) const fn separated_by(self, separator: char) -> Self {
        Self { separator: Some(separator), ..self }
    }

    /// It has a name of one letter too.
    pub(crate) const fn short(self, letter: char) -> Self {
        Self { short: Some(letter), ..self }
    }

    /// Only these values are allowed.
    #[cfg(test)]
    pub(crate) const fn one_of(self, choices: &'static [&'static str]) -> Self {
        Self { choices, ..self }
    }

    /// Each time it is given adds a value.
    pub(crate) const fn repeated(self) -> Self {
        Self { is_repeated: true, ..self }
    }
}
