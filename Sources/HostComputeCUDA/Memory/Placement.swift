import CHostCUDA
import HostCompute
import HostCore

/// The way of one matrix from a file into the layout that kernels read.
struct Placement {
    let layout: WeightLayout
    /// What it is for, in words.
    let purpose: String
    private let source: any ByteRegion
    private let sourceType: NumberType
    private let sourceBytes: Int
    private let rows: Int, columns: Int
    private let format: CUDAFormat

    /// Of a file's bytes, what waits on the card at a time to be converted.
    static let chunkBytes = 32 << 20

    init(_ tensor: CheckpointTensor, _ format: CUDAFormat) {
        (rows, columns, self.format) = (tensor.shape[0], tensor.shape[1], format)
        (source, sourceType) = (tensor.bytes, tensor.dtype.numberType ?? NUMBER_F32)
        sourceBytes = tensor.elementCount * tensor.dtype.size
        layout = format.layout(rows: rows, columns: columns)
        purpose = "loading \(tensor.name)"
    }

    /// Whether the file's bytes are the card's.
    private var isDirect: Bool { sourceType == format.type && !format.isTurned && UInt64(rowBytes) == layout.pitch }
    private var rowBytes: Int { sourceBytes / max(rows, 1) }

    /// Sends, converts and counts; returns when all is done.
    func run(_ uploader: WeightUploader, to address: UInt64) throws(DeviceError) -> WeightCounts {
        try uploader.stream.clear(uploader.counted.address, bytes: MemoryLayout<WeightCounts>.size)
        try withSource(uploader) { bytes throws(DeviceError) in
            if isDirect {
                try uploader.send(bytes, 0..<sourceBytes, to: address)
                try launch("mk_place", arguments(from: address, to: 0, rows), cuda_launch_place, uploader, counts: true)
            } else {
                try convert(bytes, uploader, to: address)
            }
            unsafe try uploader.stream.copy(
                uploader.counted.address, to: uploader.found.pointer, bytes: MemoryLayout<WeightCounts>.size)
            try uploader.stream.wait(purpose)
        }
        return unsafe uploader.found.pointer.load(as: WeightCounts.self)
    }

    /// Rounds, widens, turns or quantises some rows at a time.
    private func convert(_ bytes: HostBytes, _ uploader: WeightUploader, to address: UInt64) throws(DeviceError) {
        let isQuantised = format.isQuantised
        // Of a turned matrix in four bits two rows share a byte.
        let most = max(Self.chunkBytes / max(rowBytes, 1) / 2 * 2, 2), waiting = try uploader.room(min(most, rows) * rowBytes)
        if isQuantised { try uploader.stream.clear(address, bytes: Int(layout.bytes)) }
        let scalePitch = (layout.bytes - layout.scales) / UInt64(max(rows, 1))
        var row = 0
        while row < rows {
            let count = min(most, rows - row), isPlain = !isQuantised && !format.isTurned
            try uploader.send(bytes, row * rowBytes..<(row + count) * rowBytes, to: waiting)
            var part = arguments(from: waiting, to: isPlain ? address + UInt64(row) * layout.pitch : 0, count)
            try launch("mk_place", part, cuda_launch_place, uploader, counts: true)
            if isQuantised {
                let isByte = format.type == NUMBER_I8, at = UInt64(row)
                part.pitch = format.isTurned ? CInt(rows) : 0
                part.to = address + (!format.isTurned ? at * layout.pitch : isByte ? at : at / 2)
                part.scales = address + layout.scales + at * (!format.isTurned ? scalePitch : isByte ? 4 : 2)
                let name = format.type == NUMBER_I8 ? "mk_quantise_i8" : "mk_quantise_i4"
                try launch(name, part, cuda_launch_quantise, uploader)
            } else if format.isTurned {
                (part.to, part.pitch) = (address + UInt64(row) * 2, CInt(rows))
                try launch("mk_turn", part, cuda_launch_turn, uploader)
            }
            row += count
        }
    }

    private func arguments(from: UInt64, to: UInt64, _ rows: Int) -> WeightArguments {
        var arguments = WeightArguments()
        (arguments.from, arguments.to) = (from, to)
        (arguments.outputs, arguments.columns) = (CInt(rows), CInt(columns))
        (arguments.fromType, arguments.toType) = (CInt(sourceType.rawValue), CInt(format.type.rawValue))
        return arguments
    }

    private func launch(
        _ name: String, _ arguments: WeightArguments, _ size: (WeightArguments) -> CUDALaunch, _ uploader: WeightUploader,
        counts: Bool = false
    ) throws(DeviceError) {
        var arguments = arguments, launcher = CUDALauncher(uploader.stream, overlaps: false)
        arguments.counts = counts ? uploader.counted.address : 0
        launcher.run(try uploader.kernels.function(name, WeightArguments.self), size(arguments), arguments)
        try launcher.check()
    }

    /// The file's bytes, known to the driver where it takes them; what still moves when the body fails is waited for.
    private func withSource(
        _ uploader: WeightUploader, _ body: (HostBytes) throws(DeviceError) -> Void
    ) throws(DeviceError) {
        try source.withBytes { span throws(DeviceError) in
            unsafe try span.withUnsafeBytes { bytes throws(DeviceError) in
                guard let base = bytes.baseAddress else { return }
                let registration = unsafe HostRegistration(uploader.context, base, bytes: sourceBytes)
                do throws(DeviceError) {
                    unsafe try body(HostBytes(base, registration))
                } catch {
                    uploader.settle()
                    throw error
                }
                // Until here copies may use it.
                withExtendedLifetime(registration) {}
            }
        }
    }

    /// The finished bytes in memory of the host that the card reads by itself.
    func streamed(_ uploader: WeightUploader, from address: UInt64) throws(DeviceError) -> HostWeight {
        if isDirect {
            var weight: HostWeight?
            try withSource(uploader) { bytes throws(DeviceError) in
                guard let registration = bytes.registration else { return }
                weight = try HostWeight(registration, source, uploader.context, purpose)
            }
            if let weight { return weight }
        }
        let memory = try PinnedMemory(uploader.context, bytes: Int(layout.bytes), for: purpose)
        do throws(DeviceError) {
            unsafe try uploader.stream.copy(address, to: memory.pointer, bytes: Int(layout.bytes))
            try uploader.stream.wait(purpose)
        } catch {
            uploader.settle()
            throw error
        }
        return HostWeight(memory)
    }
}

/// Bytes of the host, some of which the card may read by itself.
@safe struct HostBytes {
    let pointer: UnsafeRawPointer
    let registration: HostRegistration?

    init(_ pointer: UnsafeRawPointer, _ registration: HostRegistration?) {
        unsafe self.pointer = pointer
        self.registration = registration
    }
}
