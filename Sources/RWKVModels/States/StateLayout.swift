/// Where the parts of one layer lie in a state, as offsets in numbers.
struct LayerOffsets: Sendable {
    /// C numbers: the time mixing's input at the previous token.
    let timeShift: Int
    /// What the generation's time mixing remembers.
    let timeMix: Int
    /// C numbers: the channel mixing's input at the previous token.
    let channelShift: Int
}

/// The numbers of a state in their canonical order, layer after layer: time shift, time mixing, channel shift, as the
/// `rwkv` package orders them. Stages hold the layers that are theirs in the same order.
///
/// The matrices of RWKV-5 to 7 lie [heads][keys][values], so that values run along vector registers; the package keeps
/// those of 7 the other way round.
struct StateLayout: Sendable, Hashable {
    /// Such as `rwkv-4/12x768`, or `rwkv-7/24x2048h64` with heads of 64 channels; states fit only models of the same layout.
    let name: String
    let layerCount: Int
    let hiddenSize: Int
    let timeMixSize: Int

    init(shape: ModelShape) {
        layerCount = shape.layerCount
        hiddenSize = shape.hiddenSize
        timeMixSize = shape.timeMix.initialState(shape: shape).count
        let inner = shape.attentionSize == shape.hiddenSize ? "" : "x\(shape.attentionSize)"
        let heads = shape.headCount > 0 ? "h\(shape.headSize)" : ""
        name = "rwkv-\(shape.generation.rawValue)/\(shape.layerCount)x\(shape.hiddenSize)\(inner)\(heads)"
    }

    var layerSize: Int { 2 * hiddenSize + timeMixSize }
    var count: Int { layerCount * layerSize }

    /// The numbers of some layers.
    func range(of layers: Range<Int>) -> Range<Int> { layers.lowerBound * layerSize..<layers.upperBound * layerSize }

    /// Offsets of the layer that stands at a place among those of a stage.
    func offsets(place: Int) -> LayerOffsets {
        let base = place * layerSize
        return LayerOffsets(
            timeShift: base, timeMix: base + hiddenSize, channelShift: base + hiddenSize + timeMixSize)
    }

    /// The state that has read nothing.
    func initialValues(shape: ModelShape) -> [Float] {
        let shift = [Float](repeating: 0, count: hiddenSize)
        let layer = shift + shape.timeMix.initialState(shape: shape) + shift
        return (0..<layerCount).flatMap { _ in layer }
    }
}
