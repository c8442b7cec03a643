package import HostCore
import HostCompute
import Synchronization

/// An RWKV model in memory: embedding, blocks, head.
///
/// The residual stream and all arithmetic are fp32 under every strategy; a strategy decides how weights are stored. So
/// nothing overflows, and the halving of the stream that fp16 engines do every few layers (`rescale_every`) is not needed:
/// it changes logits only through the ε of the normalisations.
package final class RWKVModel: LanguageModel {
    package let shape: ModelShape
    let layout: StateLayout
    let backend: any Backend
    private let embedding: Embedding
    let blocks: [Block]
    let head: Head
    private let initialState: Buffer
    let workspace: Workspace
    /// What weights are used in place from.
    private let files: [any ByteRegion]
    /// Held during a pass: the workspace is one.
    private let turn = Mutex<Void>(())

    /// Tokens of one pass; longer input goes in several. Beyond this, more tokens make no pass faster, only larger.
    static let tokensPerPass = 512
    /// Rows of logits computed at a time.
    static let logitRowsPerPass = 32

    init(
        shape: ModelShape, backend: any Backend, embedding: Embedding, blocks: [Block], head: Head,
        initialState: [Float], files: [any ByteRegion]
    ) {
        self.files = files
        self.shape = shape
        self.backend = backend
        self.embedding = embedding
        self.blocks = blocks
        self.head = head
        layout = StateLayout(shape: shape)
        self.initialState = Buffer(count: layout.count)
        self.initialState.copy(from: initialState)
        workspace = Workspace(shape: shape)
    }

    package var vocabularySize: Int { shape.vocabularySize }
    package var hiddenSize: Int { shape.hiddenSize }

    package func makeState() -> any RecurrentState {
        let buffer = Buffer(count: layout.count)
        buffer.copy(from: initialState)
        return RWKVState(layout: layout, buffer: buffer)
    }

    package func forward(_ rows: inout [ForwardRow]) throws(GenerationError) {
        try check(rows)
        try checkFiles()
        for index in rows.indices { prepareOutputs(of: &rows[index]) }
        turn.withLock { _ in
            var start = Position(row: 0, token: 0)
            while nextPass(rows, from: &start) {
                runPass()
                deliver(to: &rows)
            }
        }
    }

    /// Weights that somebody cut or rewrote in place would give noise, not an error.
    package func checkFiles() throws(GenerationError) {
        for file in files {
            do {
                try file.checkUnchanged()
            } catch {
                throw GenerationError(.device, error.subject, error.problem, advice: error.advice)
            }
        }
    }

    /// Where the next pass goes on.
    private struct Position {
        var row: Int
        var token: Int
    }

    /// Fills the batch with the next tokens in order; false when none is left.
    private func nextPass(_ rows: [ForwardRow], from position: inout Position) -> Bool {
        workspace.batch.removeAll()
        workspace.parts.removeAll(keepingCapacity: true)
        var room = Self.tokensPerPass
        while position.row < rows.count, room > 0 {
            guard let state = rows[position.row].state as? RWKVState else { return false }
            let rest = rows[position.row].tokens[position.token...]
            // What comes out must not depend on who shares a pass.
            let tokens = rest.prefix(rest.count <= room ? room : room / RowBatch.cut * RowBatch.cut)
            if tokens.isEmpty { break }
            workspace.batch.append(tokens, state: state.buffer)
            workspace.parts.append(
                Workspace.Part(row: position.row, offset: position.token, count: tokens.count))
            room -= tokens.count
            position.token += tokens.count
            if position.token == rows[position.row].tokens.count { position = Position(row: position.row + 1, token: 0) }
        }
        return !workspace.parts.isEmpty
    }

    private func runPass() {
        embedding.run(workspace.batch, workspace, on: backend)
        if shape.usesDeepEmbed { backend.copy(workspace.stream, into: workspace.embedded) }
        for block in blocks { block.run(workspace.batch, workspace, on: backend) }
    }
}
