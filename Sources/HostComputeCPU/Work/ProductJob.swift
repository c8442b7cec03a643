import CHostKernels
import HostCompute

typealias PanelKernel =
    @convention(c) (
        UnsafeMutablePointer<Float>, Int, UnsafeRawPointer, Int, UnsafeRawPointer, Int, Int, Int
    ) -> Void
typealias StripKernel =
    @convention(c) (
        UnsafeMutablePointer<Float>, Int, UnsafeRawPointer, Int, UnsafeRawPointer?, UnsafeRawPointer, Int, Int, Int, Int
    ) -> Void

/// A product of some tokens, any of whose blocks of rows can be computed by itself.
///
/// Addresses and sizes only: threads that counted references to the same objects would wait for each other. The program
/// that it is made for keeps matrix and activations.
@safe struct ProductJob {
    var y: UnsafeMutablePointer<Float>?
    var yStride = 0
    var x: UnsafeRawPointer?
    var xBytes = 0
    var weights: UnsafeRawPointer?
    var rows = 0, columns = 0, tokens = 0
    /// The columns to read, where some need not be.
    var list: UnsafeRawPointer?
    var panels: PanelKernel?
    var strips: StripKernel?
    var pitch = 0
    /// Rows that lie together, and their bytes.
    var blockRows = 1, blockBytes = 1
    var end = ProductEnd()

    mutating func takePanels(_ bytes: Int, _ kernel: PanelKernel) {
        unsafe panels = kernel
        // Without columns there are still zeros to write.
        (blockRows, blockBytes) = (PanelLayout.rows, max(bytes, 1))
    }

    mutating func takeStrips(_ layout: StripLayout, _ kernel: StripKernel) {
        unsafe strips = kernel
        (blockRows, blockBytes, pitch) = (layout.rowsPerStrip, layout.stripBytes, layout.pitch)
    }

    var blockCount: Int { rows == 0 ? 0 : (rows - 1) / blockRows + 1 }
    var byteCount: Int { blockCount * blockBytes }

    /// Some blocks of the product, and what follows them.
    func run(_ blocks: Range<Int>) {
        guard let y = unsafe y, let x = unsafe x, let weights = unsafe weights else { return }
        let start = blocks.lowerBound * blockRows, count = min(blocks.upperBound * blockRows, rows) - start
        let from = unsafe weights + blocks.lowerBound * blockBytes
        if let strips = unsafe strips {
            unsafe strips(y + start, yStride, x, xBytes, list, from, pitch, count, columns, tokens)
        } else if let panels = unsafe panels {
            unsafe panels(y + start, yStride, x, xBytes, from, count, columns, tokens)
        }
        for token in 0..<tokens { unsafe end.run(y + token * yStride + start, at: token * yStride + start, count) }
    }
}

/// What follows a product element by element, in addresses alone.
@safe struct ProductEnd {
    private var function: (@convention(c) (UnsafeMutablePointer<Float>, Int) -> Void)?
    /// y = sigmoid(gate) ⊙ y.
    private var gating: (@convention(c) (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void)?
    private var gate: UnsafePointer<Float>?
    /// stream = stream + y.
    private var adding: (@convention(c) (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void)?
    private var stream: UnsafeMutablePointer<Float>?

    init() {}

    init(_ epilogue: Product.Epilogue, _ table: rk_kernels) {
        switch epilogue {
        case .none: break
        case .apply(.squareReLU): unsafe function = table.relu_square
        case .apply(.tanh): unsafe function = table.tanh
        case .apply(.sigmoid): unsafe function = table.sigmoid
        case .add(let stream):
            unsafe adding = table.add
            unsafe self.stream = stream.onCPU.row(0)
        case .gatedAdd(let gate, let stream):
            unsafe gating = table.sigmoid_gate
            unsafe self.gate = UnsafePointer(gate.onCPU.row(0))
            unsafe adding = table.add
            unsafe self.stream = stream.onCPU.row(0)
        }
    }

    /// - Parameter place: of the first of `count` numbers, in all that has the product's shape.
    func run(_ y: UnsafeMutablePointer<Float>, at place: Int, _ count: Int) {
        if let function = unsafe function { unsafe function(y, count) }
        if let gating = unsafe gating, let gate = unsafe gate { unsafe gating(y, gate + place, count) }
        if let adding = unsafe adding, let stream = unsafe stream { unsafe adding(stream + place, y, count) }
    }
}

extension Product.Epilogue {
    /// What it reads and writes beside the product.
    var others: [CPUActivations] {
        switch self {
        case .none, .apply: []
        case .add(let stream): [stream.onCPU]
        case .gatedAdd(let gate, let stream): [gate.onCPU, stream.onCPU]
        }
    }
}
