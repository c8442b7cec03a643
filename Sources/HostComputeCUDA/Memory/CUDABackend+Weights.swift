import CHostCUDA
import HostCompute
import HostCore

extension CUDABackend {
    func load(_ tensor: CheckpointTensor, as use: WeightUse) throws(DeviceError) -> any Weight {
        precondition(tensor.shape.count == 2 && tensor.dtype.isFloatingPoint)
        switch use {
        case .table:
            let table = CUDATable(tensor)
            let plan = LayerPlan(device: device, activation: .float32, weights: .float)
            return CUDAWeight(
                rows: table.rows, columns: table.columns, format: CUDAFormat(stored: tensor.dtype, plan: plan),
                byteCount: tensor.elementCount * tensor.dtype.size, isFinite: table.isFinite, place: .table(table),
                owner: queue)
        case .product(let plan):
            let tensor = narrowed(tensor)
            return try place(tensor, CUDAFormat(stored: tensor.dtype, plan: plan), plan.isStreamed)
        }
    }

    func byteCount(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Int {
        switch use {
        case .table: rows * columns * stored.size
        case .product(let plan):
            // What streams passes through the card's memory and does not stay.
            plan.isStreamed ? 0 : Int(CUDAFormat(stored: stored, plan: plan).layout(rows: rows, columns: columns).bytes)
        }
    }

    /// The kernels know no float64.
    private func narrowed(_ tensor: CheckpointTensor) -> CheckpointTensor {
        guard tensor.dtype == .float64 else { return tensor }
        return CheckpointTensor(
            name: tensor.name, dtype: .float32, shape: tensor.shape,
            bytes: DecodedBytes(unsafe tensor.floats().withUnsafeBytes { unsafe Array($0) }))
    }

    private func place(
        _ tensor: CheckpointTensor, _ format: CUDAFormat, _ isStreamed: Bool
    ) throws(DeviceError) -> CUDAWeight {
        let rows = tensor.shape[0], columns = tensor.shape[1], layout = format.layout(rows: rows, columns: columns)
        let job = PlacementJob(
            source: tensor.bytes, sourceType: tensor.dtype.numberType ?? NUMBER_F32,
            sourceBytes: tensor.elementCount * tensor.dtype.size, rows: rows, columns: columns, format: format, layout: layout,
            purpose: "loading \(tensor.name)")
        let bytes = Int(layout.bytes)
        guard isStreamed else {
            let address = try arena.allocate(bytes, for: job.purpose)
            let counts = try job.run(uploader, to: address)
            tensor.bytes.forget(0..<tensor.bytes.count)
            return CUDAWeight(
                rows: rows, columns: columns, format: format, byteCount: bytes, isFinite: counts.areFinite,
                place: .card(address), owner: queue)
        }
        // Converted on the card like all weights, and brought back, where the file's own bytes do not serve.
        let memory = try DeviceMemory(context, bytes: bytes, for: job.purpose)
        let counts = try job.run(uploader, to: memory.address)
        return CUDAWeight(
            rows: rows, columns: columns, format: format, byteCount: bytes, isFinite: counts.areFinite,
            place: .host(try job.streamed(uploader, from: memory.address)), owner: queue)
    }
}

extension WeightCounts {
    /// Whether every number that the matrix has now is finite.
    fileprivate var areFinite: Bool { notFinite == 0 && tooGreat == 0 }
}

/// A matrix on its way from a file to a card.
private struct PlacementJob {
    let source: any ByteRegion
    let sourceType: NumberType
    let sourceBytes: Int
    let rows: Int, columns: Int
    let format: CUDAFormat
    let layout: WeightLayout
    let purpose: String

    /// Whether the file's bytes are the card's.
    private var isDirect: Bool { sourceType == format.type && UInt64(rowBytes) == layout.pitch }
    private var rowBytes: Int { sourceBytes / max(rows, 1) }
    private static let chunkBytes = 64 << 20

    /// Sends, converts and counts; returns when all is done.
    func run(_ uploader: WeightUploader, to address: UInt64) throws(DeviceError) -> WeightCounts {
        let counted = uploader.counted
        try uploader.stream.clear(counted.address, bytes: MemoryLayout<WeightCounts>.size)
        unsafe try withSource(uploader) { pointer, registration throws(DeviceError) in
            if isDirect {
                unsafe try uploader.send(pointer, bytes: sourceBytes, to: address, registration)
                try launch("mk_place", arguments(address, 0, rows, counted.address), cuda_launch_place, uploader)
            } else if format.type == NUMBER_I8 || format.type == NUMBER_I4 {
                let waiting = try uploader.room(sourceBytes)
                unsafe try uploader.send(pointer, bytes: sourceBytes, to: waiting, registration)
                try launch("mk_place", arguments(waiting, 0, rows, counted.address), cuda_launch_place, uploader)
                try uploader.stream.clear(address, bytes: Int(layout.bytes))
                let name = format.type == NUMBER_I8 ? "mk_quantise_i8" : "mk_quantise_i4"
                try launch(name, arguments(waiting, address, rows, 0), cuda_launch_quantise, uploader)
            } else {
                unsafe try convert(pointer, uploader, to: address, counted.address)
            }
            try uploader.stream.wait(purpose)
        }
        unsafe try uploader.stream.copy(counted.address, to: uploader.found.pointer, bytes: counted.byteCount)
        try uploader.stream.wait(purpose)
        return unsafe uploader.found.pointer.load(as: WeightCounts.self)
    }

    /// Rounds or widens some rows at a time.
    private func convert(
        _ pointer: UnsafeRawPointer, _ uploader: WeightUploader, to address: UInt64, _ counted: UInt64
    ) throws(DeviceError) {
        let most = max(Self.chunkBytes / max(rowBytes, 1), 1)
        let waiting = try uploader.room(min(most, rows) * rowBytes)
        var row = 0
        while row < rows {
            let count = min(most, rows - row)
            unsafe try uploader.send(pointer + row * rowBytes, bytes: count * rowBytes, to: waiting)
            try launch(
                "mk_place", arguments(waiting, address + UInt64(row) * layout.pitch, count, counted), cuda_launch_place,
                uploader)
            row += count
        }
    }

    private func arguments(_ from: UInt64, _ to: UInt64, _ rows: Int, _ counted: UInt64) -> WeightArguments {
        WeightArguments(
            from: from, to: to, outputs: CInt(rows), columns: CInt(columns), fromType: CInt(sourceType.rawValue),
            toType: CInt(format.type.rawValue), counts: counted)
    }

    private func launch(
        _ name: String, _ arguments: WeightArguments, _ size: (WeightArguments) -> CUDALaunch, _ uploader: WeightUploader
    ) throws(DeviceError) {
        var launcher = CUDALauncher(uploader.stream, overlaps: false)
        launcher.run(try uploader.kernels.function(name, WeightArguments.self), size(arguments), arguments)
        try launcher.check()
    }

    /// The file's bytes, known to the driver where it takes them.
    private func withSource(
        _ uploader: WeightUploader, _ body: (UnsafeRawPointer, HostRegistration?) throws(DeviceError) -> Void
    ) throws(DeviceError) {
        try source.withBytes { span throws(DeviceError) in
            unsafe try span.withUnsafeBytes { bytes throws(DeviceError) in
                guard let base = bytes.baseAddress else { return }
                unsafe try body(base, HostRegistration(uploader.context, base, bytes: sourceBytes))
            }
        }
    }

    /// The finished bytes in memory of the host that the card reads by itself.
    func streamed(_ uploader: WeightUploader, from address: UInt64) throws(DeviceError) -> HostWeight {
        if isDirect {
            var registration: HostRegistration?
            unsafe try withSource(uploader) { _, known throws(DeviceError) in registration = known }
            if let registration { return HostWeight(registration, source) }
        }
        let memory = try PinnedMemory(uploader.context, bytes: Int(layout.bytes), for: purpose)
        unsafe try uploader.stream.copy(address, to: memory.pointer, bytes: Int(layout.bytes))
        try uploader.stream.wait(purpose)
        return HostWeight(memory)
    }
}
