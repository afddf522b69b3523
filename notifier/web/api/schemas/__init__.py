"""What the API's requests and answers look like, and what each part means."""
