def write_proposal(prompt, field):
    return None
