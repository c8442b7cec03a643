/// Where each layer goes and in which arithmetic, as the `rwkv` package writes it: `cuda fp16 *10 -> cpu fp32`.
public struct Strategy: Sendable, Hashable, CustomStringConvertible {
    /// How a stage holds its big matrices.
    public enum WeightFormat: String, Sendable, Hashable {
        /// In the stage's own floating-point type, or in the file's where that is exact.
        case float
        /// Eight-bit integers with scales (`…i8`).
        case int8
        /// Four-bit integers with scales (`…i4`).
        case int4
    }

    /// One part of the text between arrows.
    public struct Stage: Sendable, Hashable {
        /// Where the stage's layers run.
        public var device: Device
        /// float32, float16 or bfloat16.
        public var activation: DType
        /// How the stage's big matrices are held.
        public var weights: WeightFormat
        /// How many layers it takes; nil shares what is left.
        public var count: Int?
        /// Whether layers beyond `count` pass through this stage without staying on its device (`*10+`).
        public var streamsRest: Bool
    }

    /// The text as the user wrote it.
    public let text: String
    /// The parts between the arrows, in the order of the layers.
    public let stages: [Stage]

    public var description: String { text }
}

/// What the strategy says of one layer.
public struct LayerPlan: Sendable, Hashable {
    /// Where the layer runs.
    public var device: Device
    /// float32, float16 or bfloat16.
    public var activation: DType
    /// How the layer's big matrices are held.
    public var weights: Strategy.WeightFormat
    /// Whether the big matrices stay in CPU memory and are copied to the device for each use.
    public var isStreamed: Bool

    public init(device: Device, activation: DType, weights: Strategy.WeightFormat, isStreamed: Bool = false) {
        self.device = device
        self.activation = activation
        self.weights = weights
        self.isStreamed = isStreamed
    }
}
