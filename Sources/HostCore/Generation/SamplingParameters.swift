/// Every knob of sampling with its default; names and ranges stand in `SamplingKnob.all`.
///
/// Names and meanings: text-generation-webui's generation parameters; penalties with decay: ChatRWKV's
/// `PIPELINE_ARGS`. A default is the value that changes nothing.
public struct SamplingParameters: Sendable, Hashable {
    /// Which list of stages holds where `priority` is empty.
    public var order = Order.transformers
    /// The stages in the request's own order; those left out act first.
    public var priority: [SamplingStage] = []
    /// Moves the three temperatures to the end, whatever the order says.
    public var temperatureLast = false

    // Which tokens may be chosen at all; log-probabilities are reported after these.

    /// Added to single logits before everything else.
    public var logitBias: [TokenID: Double] = [:]
    /// Tokens that are never chosen.
    public var bannedTokens: Set<TokenID> = []
    /// Nothing but these is chosen; empty allows all.
    public var allowedTokens: Set<TokenID> = []
    /// Never ends the text by itself.
    public var bansEndOfText = false
    /// The text does not end by itself before prompt and text together have this many tokens.
    public var minLength: Int = 0
    /// The text does not end by itself before this many tokens have been written.
    public var minNewTokens: Int = 0

    // Penalties, which act at every temperature.

    /// Above 1, makes the tokens of the prompt more likely; 1 changes nothing.
    public var encoderRepetitionPenalty: Double = 1
    /// Divides (or multiplies, where negative) the logits of tokens in prompt and text; 1 changes nothing.
    public var repetitionPenalty: Double = 1
    /// Subtracted once from the logits of tokens that have occurred.
    public var presencePenalty: Double = 0
    /// Subtracted for each time that a token has occurred.
    public var frequencyPenalty: Double = 0
    /// How many of the last tokens of prompt and text the penalties look at; 0 looks at all.
    public var penaltyRange: Int = 0
    /// Whether presence and frequency count the prompt; nil counts it unless the penalties fade, as is RWKV's custom.
    public var penaltiesCountPrompt: Bool?
    /// What past occurrences weigh after each further token; 1 never forgets, RWKV's custom is 0.996.
    ///
    /// Below 1 the past fades by itself, and `penaltyRange` means nothing to presence and frequency.
    public var penaltyDecay: Double = 1
    /// Whether digits and blanks count nothing towards `frequencyPenalty`, as in the `rwkv` package, so that numbers and
    /// indented code are not driven away.
    public var sparesDigitsAndBlanks = false
    /// No run of this many tokens appears twice in prompt and text; 0 allows all.
    public var noRepeatNgramSize: Int = 0
    /// DRY: what continuing a repetition of `dryAllowedLength` tokens costs; 0 is off.
    public var dryMultiplier: Double = 0
    /// How much more each further repeated token costs.
    public var dryBase: Double = 1.75
    /// Repetitions shorter than this cost nothing.
    public var dryAllowedLength: Int = 2
    /// How many of the last tokens of prompt and text DRY looks at; 0 takes `penaltyRange`, -1 looks at all.
    public var dryRange: Int = 0
    /// Texts over which no repetition is counted.
    public var dryBreakers = ["\n", ":", "\"", "*"]

    // The temperature and the filters, which act only above temperature 0.

    /// Divides the logits; 0 takes the most likely token.
    public var temperature: Double = 1
    /// Keeps the `topK` most likely tokens; 0 keeps all.
    public var topK: Int = 0
    /// Keeps the smallest set of most likely tokens with at least this mass; 1 keeps all.
    public var topP: Double = 1
    /// Keeps tokens of which the mass around the expected surprise sums up to this; 1 keeps all.
    public var typicalP: Double = 1
    /// Removes tokens less likely than this many ten-thousandths; 0 keeps all.
    public var epsilonCutoff: Double = 0
    /// The same bound, lowered where the distribution is flat; 0 keeps all.
    public var etaCutoff: Double = 0
    /// Tail-free sampling: keeps this share of the curvature of the sorted probabilities; 1 keeps all.
    public var tfs: Double = 1
    /// Removes tokens less likely than this times the square of the greatest probability; 0 keeps all.
    public var topA: Double = 0
    /// Removes tokens less likely than this times the greatest probability; 0 keeps all.
    public var minP: Double = 0
    /// Removes tokens more than this many standard deviations of all logits below the best; 0 keeps all.
    public var topNSigma: Double = 0
    /// XTC: how often all likely tokens but the least likely of them are removed; 0 is never.
    public var xtcProbability: Double = 0
    /// What XTC calls likely; above 0.5 there are never two.
    public var xtcThreshold: Double = 0.1
    /// A temperature between two bounds, by how flat the distribution is.
    public var dynamicTemperature = DynamicTemperature.off
    /// Pulls logits down by the square of their distance from the best; 0 is off.
    public var smoothingFactor: Double = 0
    /// Above 1, adds a cubic term that spares the likely tokens.
    public var smoothingCurve: Double = 1
    /// Keeps the surprise of the drawn tokens near a target.
    public var mirostat = Mirostat.off
    /// Adaptive-p: the probability that drawn tokens are to have on average; 0 is off.
    public var adaptiveTarget: Double = 0
    /// How long adaptive-p remembers; more than 0.99 counts as 0.99.
    public var adaptiveDecay: Double = 0.9

    // What makes the logits, or replaces drawing.

    /// How far to go from what the negative prompt says to what the prompt says, and beyond; 1 is off.
    public var guidanceScale: Double = 1
    /// What guidance leads away from; empty stands for the prompt's last token alone.
    public var negativePrompt = ""
    /// How many texts beam search carries along; 1 is off. Above temperature 0 they are drawn.
    public var beamCount: Int = 1
    /// A finished beam's score is its log-probability divided by its length to this power.
    public var lengthPenalty: Double = 1
    /// Whether beam search ends with as many finished texts as beams, and not when no running one can be better.
    public var stopsBeamsEarly = false
    /// Contrastive search: the weight of being unlike all that was said, among the `topK` best; 0 is off, and so is any
    /// where chance chooses, as in text-generation-webui.
    public var penaltyAlpha: Double = 0
    /// Whether contrastive search chooses the tokens.
    public var isContrastive: Bool { penaltyAlpha > 0 && !draws }

    /// A form that the text must have; nil leaves it free. What is wrong in it shows when a request is checked.
    public var constraint: OutputConstraint?
    /// The field that a request gave it in, for messages; nil where there was none.
    public var constraintField: String?

    /// Makes a text repeatable; nil draws a seed.
    public var seed: UInt64?

    public init() {}

    /// Whether chance chooses; the likeliest token is taken where it does not.
    public var draws: Bool {
        get { temperature > 0 }
        set { if !newValue { temperature = 0 } }
    }

    /// A temperature that follows how certain the model is, by the entropy of its distribution.
    public struct DynamicTemperature: Sendable, Hashable {
        /// Whether it takes the place of the plain temperature.
        public var isOn = true
        /// The temperature of a certain token.
        public var low: Double
        /// The temperature where all tokens are equally likely.
        public var high: Double
        /// Above 1 stays longer near `low`.
        public var exponent: Double

        public init(low: Double = 1, high: Double = 1, exponent: Double = 1) {
            self.low = low
            self.high = high
            self.exponent = exponent
        }

        /// No dynamic temperature.
        public static var off: DynamicTemperature {
            var off = DynamicTemperature()
            off.isOn = false
            return off
        }
    }

    /// Sampling that steers towards a fixed surprise per token.
    public struct Mirostat: Sendable, Hashable {
        /// Which of the two algorithms of the paper it is.
        public enum Version: Int, Sendable, Hashable {
            /// Estimates the shape of the distribution to choose how many tokens to keep.
            case one = 1
            /// Keeps tokens by their surprise.
            case two = 2
        }

        /// Nil is off.
        public var version: Version?
        /// The surprise aimed at, in bits.
        public var tau: Double
        /// How fast it is approached.
        public var eta: Double

        /// No mirostat.
        public static var off: Mirostat { Mirostat(nil) }

        public init(_ version: Version?, tau: Double = 5, eta: Double = 0.1) {
            self.version = version
            self.tau = tau
            self.eta = eta
        }

        /// The version's number; 0 is off.
        var mode: Int {
            get { version?.rawValue ?? 0 }
            set { version = Version(rawValue: newValue) }
        }
    }
}
