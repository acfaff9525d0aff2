//! What a prompt's words ask for.

use super::noise::Dice;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    Night,
    Dusk,
    Dawn,
    Day,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    Mountains,
    Hills,
    Forest,
    Desert,
    City,
    /// Nothing but a low coast behind the water.
    Coast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Lighthouse,
    Boat,
    House,
    Tree,
    Cat,
    Portrait,
    Flower,
}

#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) time: Time,
    pub(super) ground: Ground,
    pub(super) water: bool,
    pub(super) subject: Option<Subject>,
    pub(super) moon: bool,
    pub(super) stars: bool,
    pub(super) clouds: f32,
    pub(super) fog: f32,
    pub(super) rain: bool,
    pub(super) snow: bool,
    pub(super) aurora: bool,
    /// The colour words, as hues to lean to.
    pub(super) tints: Vec<[f32; 3]>,
    pub(super) monochrome: bool,
}

const TINTS: [(&[&str], [f32; 3]); 14] = [
    (&["red", "crimson", "scarlet", "ruby"], [0.86, 0.16, 0.15]),
    (&["orange", "amber", "copper", "rust"], [0.95, 0.50, 0.15]),
    (&["gold", "golden", "yellow", "honey"], [0.97, 0.76, 0.28]),
    (&["green", "emerald", "moss"], [0.25, 0.62, 0.34]),
    (&["lime", "mint"], [0.55, 0.85, 0.60]),
    (&["teal", "turquoise", "cyan", "aqua"], [0.12, 0.62, 0.64]),
    (&["blue", "azure", "cobalt", "indigo"], [0.18, 0.36, 0.82]),
    (&["purple", "violet", "lavender", "lilac"], [0.52, 0.30, 0.78]),
    (&["pink", "rose", "magenta", "coral", "peach"], [0.95, 0.48, 0.58]),
    (&["brown", "sepia", "bronze"], [0.50, 0.33, 0.20]),
    (&["white", "ivory", "pale"], [0.93, 0.92, 0.90]),
    (&["black", "obsidian"], [0.08, 0.08, 0.10]),
    (&["silver", "gray", "grey"], [0.62, 0.66, 0.72]),
    (&["neon"], [0.95, 0.20, 0.75]),
];

struct Words(Vec<String>);

impl Words {
    fn of(text: &str) -> Self {
        let words = text.to_lowercase();
        let words = words.split(|character: char| !character.is_alphanumeric());
        Self(words.filter(|word| !word.is_empty()).map(str::to_owned).collect())
    }

    /// Singular or plural.
    fn any(&self, list: &[&str]) -> bool {
        self.0.iter().any(|word| list.iter().any(|entry| word == entry || word.strip_suffix('s') == Some(entry)))
    }
}

impl Scene {
    pub(super) fn read(prompt: &str, negative: &str, dice: &mut Dice) -> Self {
        let (words, not) = (Words::of(prompt), Words::of(negative));
        let says = |list: &[&str]| words.any(list) && !not.any(list);
        let time = read_time(&says, dice);
        let subject = read_subject(&says);
        let sea = says(&["sea", "ocean", "wave", "coast", "shore", "beach", "harbor", "harbour", "island", "bay"]);
        let lake = says(&["lake", "river", "pond", "fjord", "water", "reflection", "lagoon"]);
        let nautical = matches!(subject, Some(Subject::Lighthouse | Subject::Boat));
        let ground = read_ground(&says, sea || nautical, dice);
        let wild = !sea && !lake && !nautical;
        let water = !wild || (ground == Ground::Mountains && dice.chance(0.35));
        let night = time == Time::Night;
        Self {
            time,
            ground,
            water: water && ground != Ground::Desert,
            subject,
            moon: says(&["moon", "moonlight", "moonlit"]) || (night && dice.chance(0.6)),
            stars: says(&["star", "starry", "milky", "galaxy", "constellation", "cosmic", "space"]) || night,
            clouds: match () {
                () if says(&["cloud", "cloudy", "storm", "stormy", "dramatic", "overcast"]) => 0.85,
                () if says(&["clear", "cloudless"]) => 0.05,
                () => dice.between(0.2, 0.6),
            },
            fog: match () {
                () if says(&["fog", "foggy", "mist", "misty", "haze", "hazy", "smoke"]) => 0.8,
                () => dice.between(0.05, 0.2),
            },
            rain: says(&["rain", "rainy", "drizzle", "downpour"]),
            snow: says(&["snow", "snowy", "winter", "ice", "frozen", "blizzard", "snowfall"]),
            aurora: says(&["aurora", "borealis"]),
            tints: TINTS.iter().filter(|(names, _)| says(names)).map(|(_, tint)| *tint).collect(),
            monochrome: says(&["monochrome", "noir", "grayscale", "greyscale"]),
        }
    }

    /// A subject beyond the water, on the line where land and water meet.
    pub(super) fn stands_at_the_shore(&self) -> bool {
        self.water && matches!(self.subject, Some(Subject::Lighthouse | Subject::House | Subject::Tree))
    }

    /// A subject seen from near, with nothing but light behind it.
    pub(super) fn is_close(&self) -> bool {
        matches!(self.subject, Some(Subject::Portrait | Subject::Flower))
    }
}

fn read_time(says: &impl Fn(&[&str]) -> bool, dice: &mut Dice) -> Time {
    let by_words: [(&[&str], Time); 4] = [
        (&["night", "midnight", "moon", "moonlight", "moonlit", "star", "starry", "aurora", "neon", "dark"], Time::Night),
        (&["dusk", "sunset", "evening", "twilight", "golden"], Time::Dusk),
        (&["dawn", "sunrise", "morning"], Time::Dawn),
        (&["noon", "day", "daylight", "midday", "sunny", "summer", "bright", "afternoon"], Time::Day),
    ];
    by_words
        .iter()
        .find_map(|(list, time)| says(list).then_some(*time))
        .unwrap_or_else(|| dice.pick(&[Time::Dusk, Time::Dawn, Time::Day, Time::Dusk], Time::Dusk))
}

fn read_subject(says: &impl Fn(&[&str]) -> bool) -> Option<Subject> {
    let by_words: [(&[&str], Subject); 7] = [
        (&["lighthouse", "beacon"], Subject::Lighthouse),
        (&["boat", "ship", "sailboat", "sail", "yacht"], Subject::Boat),
        (&["cat", "kitten"], Subject::Cat),
        (&["portrait", "woman", "man", "girl", "boy", "face", "person", "lady", "self"], Subject::Portrait),
        (&["flower", "rose", "tulip", "bouquet", "bloom", "peony", "poppy", "orchid", "lotus"], Subject::Flower),
        (&["house", "cabin", "cottage", "hut", "farm", "barn", "home"], Subject::House),
        (&["tree", "oak"], Subject::Tree),
    ];
    by_words.iter().find_map(|(list, subject)| says(list).then_some(*subject))
}

fn read_ground(says: &impl Fn(&[&str]) -> bool, nautical: bool, dice: &mut Dice) -> Ground {
    let by_words: [(&[&str], Ground); 5] = [
        (&["city", "town", "skyline", "street", "skyscraper", "tokyo", "york", "paris", "london", "urban", "cyberpunk"], Ground::City),
        (&["mountain", "peak", "alp", "summit", "fjord", "cliff", "canyon", "volcano"], Ground::Mountains),
        (&["forest", "wood", "pine", "jungle", "taiga"], Ground::Forest),
        (&["desert", "dune", "sahara", "sand"], Ground::Desert),
        (&["hill", "field", "meadow", "valley", "countryside", "village", "grass", "vineyard"], Ground::Hills),
    ];
    by_words.iter().find_map(|(list, ground)| says(list).then_some(*ground)).unwrap_or_else(|| match nautical {
        true => Ground::Coast,
        false => dice.pick(&[Ground::Hills, Ground::Mountains, Ground::Forest], Ground::Hills),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(prompt: &str, negative: &str) -> Scene {
        Scene::read(prompt, negative, &mut Dice::new(1, prompt))
    }

    #[test]
    fn words_choose_the_scene() {
        let scene = read("A lighthouse by the sea at night, red door", "");
        assert_eq!(scene.subject, Some(Subject::Lighthouse));
        assert_eq!(scene.time, Time::Night);
        assert!(scene.water && scene.stars);
        assert_eq!(scene.tints.len(), 1);
        assert_eq!(read("snowy mountains at dawn", "").ground, Ground::Mountains);
    }

    #[test]
    fn the_negative_prompt_takes_words_away() {
        assert!(read("rain in the city", "").rain);
        assert!(!read("rain in the city", "rain").rain);
    }
}
