//! The codes of scenes and shots, and the names that are made of them: `S001`, `P001`, `S001_P001_T001`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits;

/// Not a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A code is {0} and a number of at least three digits, from {0}001 to {0}{max}.", max = limits::PRODUCTION_CODE)]
pub struct BadCode(pub char);

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        pub struct $name(u32);

        impl $name {
            /// `None`: there is no such number.
            #[must_use]
            pub fn new(number: u32) -> Option<Self> {
                (1..=limits::PRODUCTION_CODE).contains(&number).then_some(Self(number))
            }

            #[must_use]
            pub fn number(self) -> u32 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{:03}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadCode;

            /// Reads only what it writes, so that a code has one spelling.
            fn from_str(text: &str) -> Result<Self, BadCode> {
                let number = text.strip_prefix($letter).and_then(|digits| digits.parse().ok()).and_then(Self::new);
                number.filter(|code| code.to_string() == text).ok_or(BadCode($letter))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

code! {
    /// `S001`: a scene, unique in its project. It never changes.
    SceneCode, 'S'
}
code! {
    /// `P001`: a shot, unique in its scene. It changes only with the scene.
    ShotCode, 'P'
}

/// The name of a take: `S001_P001_T001`.
#[must_use]
pub fn take_name(scene: SceneCode, shot: ShotCode, take_number: u32) -> String {
    format!("{scene}_{shot}_T{take_number:03}")
}

/// Where the file of a take lies by the folder convention: `03_Renders/S001/P001/S001_P001_T001.png`. A node without a shot has its takes in
/// `03_Renders/nodes/…`, where what a file system may not take in its id is replaced.
#[must_use]
pub fn render_path(place: Option<(SceneCode, ShotCode)>, node: &str, take_number: u32, ending: &str) -> String {
    match place {
        Some((scene, shot)) => format!("03_Renders/{scene}/{shot}/{}.{ending}", take_name(scene, shot, take_number)),
        None => {
            let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
            let node: String = node.chars().map(safe).collect();
            format!("03_Renders/nodes/{node}_T{take_number:03}.{ending}")
        }
    }
}
