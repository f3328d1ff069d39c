"""Pictures that the sandbox draws by itself."""
