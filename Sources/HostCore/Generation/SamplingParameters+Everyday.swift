extension SamplingParameters {
    /// What the host uses where nobody says anything: lively, but without the unlikely tail.
    public static var everyday: SamplingParameters {
        var parameters = SamplingParameters()
        parameters.temperature = 0.8
        parameters.topP = 0.9
        return parameters
    }
}
