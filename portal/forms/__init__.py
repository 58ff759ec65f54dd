"""Report forms as descriptions: what is asked, how each answer is read and kept, and what makes a report whole."""
