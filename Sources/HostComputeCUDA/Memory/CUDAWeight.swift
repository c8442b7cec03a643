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
        (type, isExact, roundedType) = (format.type, format.isExact, format.roundedType)
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

extension CUDAWeight {
    /// Of a card's memory, what a second copy of weights leaves alone: states, larger batches and other programs have it.
    private static let spareShare = 4

    /// The same with a row for each input, in 16 bits; nil where the weight has another type, streams in, or memory is scarce.
    func turned(_ backend: CUDABackend) throws(DeviceError) -> DeviceMemory? {
        guard case .card(let address) = place, type == NUMBER_F16 || type == NUMBER_BF16, columns % 8 == 0, rows % 8 == 0
        else { return nil }
        let context = backend.context, bytes = Int(cuda_turned_bytes(CInt(rows), CInt(columns))), memory = try context.memory()
        guard memory.free - bytes > memory.total / Self.spareShare else { return nil }
        let target = try DeviceMemory(context, bytes: bytes, for: "turning a weight")
        let arguments = WeightArguments(
            from: address, to: target.address, outputs: CInt(rows), columns: CInt(columns), fromType: CInt(type.rawValue),
            toType: CInt(type.rawValue), counts: 0)
        let function = try backend.kernels.function("mk_turn", WeightArguments.self)
        try backend.queue.inOrder { stream throws(DeviceError) in
            var launcher = CUDALauncher(stream, overlaps: false)
            launcher.run(function, cuda_launch_turn(arguments), arguments)
            try launcher.check()
        }
        return target
    }
}

/// How a layer's plan has a card hold a matrix.
struct CUDAFormat {
    let type: NumberType
    /// Whether activations must keep fp32 whatever the weights' type is.
    let isExact: Bool
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

    init(_ memory: PinnedMemory) {
        unsafe pointer = UnsafeRawPointer(memory.pointer)
        (byteCount, region, direct, keeper) = (memory.byteCount, nil, 0..<memory.byteCount, memory)
    }

    init(_ registration: HostRegistration, _ region: any ByteRegion) {
        unsafe pointer = registration.pointer
        (byteCount, self.region) = (registration.byteCount, region)
        (direct, keeper) = (registration.registered, registration)
    }

    /// A file's first and last bytes lie on pages that others use, and go the slow way.
    func send(on stream: CUDAStream, to address: UInt64) throws(DeviceError) {
        for range in [direct, 0..<direct.lowerBound, direct.upperBound..<byteCount] {
            unsafe try stream.copy(pointer + range.lowerBound, to: address + UInt64(range.lowerBound), bytes: range.count)
        }
    }
}
