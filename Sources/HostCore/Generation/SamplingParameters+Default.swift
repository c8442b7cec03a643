extension SamplingParameters {
    /// What the host uses where nothing else is set: lively, but without the unlikely tail.
    ///
    /// Order and window are those of text-generation-webui's API.
    public static var `default`: SamplingParameters {
        var parameters = SamplingParameters()
        parameters.temperature = 0.8
        parameters.topP = 0.9
        parameters.order = .webui
        parameters.penaltyRange = 1024
        return parameters
    }
}
