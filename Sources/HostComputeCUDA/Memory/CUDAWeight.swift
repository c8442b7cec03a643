import CHostCUDA
import HostCompute
import HostCore

/// A matrix [rows = out, columns = in] as the kernels read it, or a table whose rows the host looks up.
final class CUDAWeight: Weight {
    enum Place {
        case card(UInt64)
        /// In memory of the host that the card reads by itself; it is copied over for each use.
        case host(HostWeight)
        /// Where it lies in the file.
        case table(CUDATable)
    }

    let rows: Int, columns: Int
    let type: NumberType
    /// Whether activations must keep fp32.
    let isExact: Bool
    /// Whether it lies by input.
    let isTurned: Bool
    /// What tensor cores want activations rounded to; nil where they are not used.
    let roundedType: NumberType?
    let byteCount: Int
    let isFinite: Bool
    let place: Place
    let owner: CUDAQueue

    init(
        rows: Int, columns: Int, format: CUDAFormat, byteCount: Int, isFinite: Bool, place: Place, owner: CUDAQueue
    ) {
        (self.rows, self.columns, self.byteCount, self.isFinite) = (rows, columns, byteCount, isFinite)
        (type, isExact, isTurned, roundedType) = (format.type, format.isExact, format.isTurned, format.roundedType)
        (self.place, self.owner) = (place, owner)
    }

    var isInPlace: Bool {
        switch place {
        case .card: false
        case .host(let memory): memory.region != nil
        case .table: true
        }
    }

    var table: CUDATable? { if case .table(let table) = place { table } else { nil } }
}

/// How a layer's plan has a card hold a matrix.
struct CUDAFormat {
    let type: NumberType
    /// Whether activations must keep fp32 whatever the weights' type is.
    let isExact: Bool
    /// Whether it lies by input, so that nothing is read of what zeros meet.
    var isTurned = false
    /// What tensor cores want activations rounded to; nil under an fp32 plan.
    let roundedType: NumberType?

    /// Under an fp32 plan sixteen-bit weights stay as they are, which is exact. Under a plan of 16 bits they take on its
    /// type; only fp16 files stay fp16 under bf16, which would lose three bits of each weight.
    init(stored: DType, plan: LayerPlan) {
        isExact = plan.activation == .float32
        let plain: NumberType =
            switch (plan.activation, stored) {
            case (.float16, _): NUMBER_F16
            case (.bfloat16, .float16): NUMBER_F16
            case (.bfloat16, _): NUMBER_BF16
            case (_, .float16): NUMBER_F16
            case (_, .bfloat16): NUMBER_BF16
            default: NUMBER_F32
            }
        type =
            switch plan.weights {
            case .float: plain
            case .int8: NUMBER_I8
            case .int4: NUMBER_I4
            }
        // Tensor cores take quantised weights as fp16.
        roundedType = isExact ? nil : type == NUMBER_BF16 ? NUMBER_BF16 : NUMBER_F16
    }

    var isQuantised: Bool { type == NUMBER_I8 || type == NUMBER_I4 }

    func layout(rows: Int, columns: Int) -> WeightLayout { cuda_weight_layout(CInt(type.rawValue), CInt(rows), CInt(columns)) }
}

extension DType {
    /// As kernels know the floating-point types; nil for float64, which the host narrows.
    var numberType: NumberType? {
        switch self {
        case .float32: NUMBER_F32
        case .float16: NUMBER_F16
        case .bfloat16: NUMBER_BF16
        default: nil
        }
    }
}

/// A matrix's bytes in the host's memory, from where the card fetches them.
@safe final class HostWeight: @unchecked Sendable {
    let byteCount: Int
    /// The file's own bytes, where these serve.
    let region: (any ByteRegion)?
    private let pointer: UnsafeRawPointer
    /// What the card reads by itself.
    private let direct: Range<Int>
    private let keeper: AnyObject
    /// What is before and after it, on pages that others use, copied to where the card reads it too: a copy from elsewhere
    /// would first wait for all others.
    private let edges: PinnedMemory?

    init(_ memory: PinnedMemory) {
        unsafe pointer = UnsafeRawPointer(memory.pointer)
        (byteCount, region, direct, keeper, edges) = (memory.byteCount, nil, 0..<memory.byteCount, memory, nil)
    }

    init(
        _ registration: HostRegistration, _ region: any ByteRegion, _ context: CUDAContext, _ purpose: String
    ) throws(DeviceError) {
        let bytes = registration.byteCount, registered = registration.registered
        let head = registered.lowerBound, tail = bytes - registered.upperBound
        unsafe pointer = registration.pointer
        (byteCount, self.region, direct, keeper) = (bytes, region, registered, registration)
        let edges = head + tail == 0 ? nil : try PinnedMemory(context, bytes: head + tail, for: purpose)
        unsafe edges?.pointer.copyMemory(from: pointer, byteCount: head)
        unsafe (edges.map { unsafe $0.pointer + head })?.copyMemory(from: pointer + registered.upperBound, byteCount: tail)
        self.edges = edges
    }

    func send(on stream: CUDAStream, to address: UInt64) throws(DeviceError) {
        unsafe try stream.copy(pointer + direct.lowerBound, to: address + UInt64(direct.lowerBound), bytes: direct.count)
        guard let edges else { return }
        let head = direct.lowerBound
        unsafe try stream.copy(edges.pointer, to: address, bytes: head)
        unsafe try stream.copy(
            edges.pointer + head, to: address + UInt64(direct.upperBound), bytes: byteCount - direct.upperBound)
    }
}
