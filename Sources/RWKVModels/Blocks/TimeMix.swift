import HostCompute
import HostCore

/// What a generation of RWKV does between the tokens; each generation is one implementation in one file.
protocol TimeMix: Sendable {
    /// Activations that are needed beside the workspace's own; kept from layer to layer.
    associatedtype Scratch: Sendable

    /// The tensors of a block's time mixing, named without the block in front.
    static func tensors(shape: ModelShape, block: Int) -> [ExpectedTensor]

    /// What one layer remembers before it has read anything, beside the two token shifts.
    static func initialState(shape: ModelShape) -> [Float]

    /// Rows of C numbers that the token shift makes of each token.
    static var shiftCount: Int { get }

    /// Whether later layers look back at the first layer's values.
    static var looksBack: Bool { get }

    static func makeScratch(shape: ModelShape, from maker: ActivationMaker) throws(DeviceError) -> Scratch

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError)

    /// What a pass does: the stream is normalised and mixed, its delta added to it, and the states advance.
    ///
    /// - Parameters:
    ///   - norm: `ln1`.
    ///   - offsets: where the layer's part of each state lies.
    func steps(_ x: Workspace, _ scratch: Scratch, norm: LayerNorm, offsets: LayerOffsets) -> [Step]
}

extension TimeMix {
    /// A matrix of zeros for each head.
    static func initialState(shape: ModelShape) -> [Float] {
        [Float](repeating: 0, count: shape.attentionSize * shape.headSize)
    }

    static var looksBack: Bool { false }
}
