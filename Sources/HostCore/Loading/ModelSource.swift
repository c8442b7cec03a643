/// What a loader is asked to look at: one entry of the model folder.
public struct ModelSource: Sendable, Hashable {
    /// The model's id: its path below the model folder, or the path the user gave.
    public let id: String
    /// Where the file or folder is.
    public let path: String
    /// The model folder, where shared files such as a tokenizer may lie.
    public let modelFolder: String
    /// Whether links in the model folder may lead out of it.
    public var allowsOutsideLinks = false

    public init(id: String, path: String, modelFolder: String) {
        self.id = id
        self.path = path
        self.modelFolder = modelFolder
    }
}
